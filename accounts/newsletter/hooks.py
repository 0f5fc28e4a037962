"""Connects the newsletter to accounts, policies and the outbox, once apps are ready."""

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.agreements.audiences import Audience, register
from accounts.newsletter.campaigns import (  # noqa: F401 (receivers; emails)
    feedback,
    preview,
    unsubscribe_requests,
)
from accounts.newsletter.subscribers import erasure, links, opt_in  # noqa: F401 (likewise)
from accounts.newsletter.subscribers.models import Subscriber, SubscriberState
from policies import variables
from policies.models import PolicyVersion

variables.register("newsletter_link_days", lambda: str(links.CONFIRM_WITHIN.days))
variables.register("newsletter_unconfirmed_days", lambda: str(erasure.UNCONFIRMED_DAYS))
variables.register("newsletter_unsubscribed_days", lambda: str(erasure.UNSUBSCRIBED_DAYS))


# --- Announcements of changes of the privacy policy: it is what subscribers agreed to -------------


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


register(
    Audience(
        "subscribers",
        _concerned,
        _name,
        joined_at="created_at",
        policies=("privacy",),
        part_of=_("what you agreed to when you signed up for our newsletter"),
    )
)
