"""The states of a subscriber and the transitions between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from microflight.core.states import Machine


class SubscriberState(models.TextChoices):
    """Only `ACTIVE` subscribers get campaigns."""

    PENDING = "pending", _("Not confirmed")
    ACTIVE = "active", _("Subscribed")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BLOCKED = "blocked", _("Blocked")  # a bounce or a spam complaint


SUBSCRIBER = Machine(
    "a subscriber",
    SubscriberState,
    SubscriberState.PENDING,
    {
        SubscriberState.PENDING: (SubscriberState.ACTIVE, SubscriberState.UNSUBSCRIBED),
        SubscriberState.ACTIVE: (SubscriberState.UNSUBSCRIBED, SubscriberState.BLOCKED),
        # confirming the email address again resubscribes
        SubscriberState.UNSUBSCRIBED: (SubscriberState.ACTIVE, SubscriberState.BLOCKED),
        SubscriberState.BLOCKED: (SubscriberState.ACTIVE, SubscriberState.UNSUBSCRIBED),
    },
)
