"""Announces changes of the privacy policy to subscribers: it is the policy they agreed to.

An account with the same verified email gets the announcement to accounts instead.
"""

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.agreements.audiences import Audience, register
from accounts.newsletter.subscribers.models import Subscriber
from accounts.newsletter.subscribers.states import SubscriberState
from policies.models import PolicyVersion

SUBSCRIBERS = "subscribers"


def _concerned(version: PolicyVersion) -> "QuerySet[Subscriber]":
    """Everyone subscribed before a change takes effect, paused or not, who has no account."""
    accounts = EmailAddress.objects.filter(
        email__iexact=OuterRef("email"), verified=True, user__is_active=True
    )
    return Subscriber.objects.filter(
        ~Exists(accounts), state=SubscriberState.ACTIVE, created_at__lt=version.effective_from
    )


def _name(pk: int) -> str | None:
    """Return how to address a subscriber; None if they unsubscribed or were erased meanwhile."""
    found = Subscriber.objects.filter(pk=pk, state=SubscriberState.ACTIVE)
    return found.values_list("name", flat=True).first()


def load() -> None:
    """Add subscribers to the people who receive announcements of policy changes."""
    register(
        Audience(
            SUBSCRIBERS,
            _concerned,
            _name,
            joined_at="created_at",
            policies=("privacy",),
            part_of=_("what you agreed to when you signed up for our newsletter"),
        )
    )
