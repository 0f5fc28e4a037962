"""Subscribers hear of a material change of the privacy policy: it is the text that they live under.

Who has an account with the same proved address hears of it there; nobody gets two letters.
"""

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, QuerySet

from accounts.agreements.sources import Source, register
from accounts.newsletter.models import Subscriber
from accounts.newsletter.states import SubscriberState
from policies.models import PolicyVersion

SUBSCRIBERS = "subscribers"


def _concerned(version: PolicyVersion) -> "QuerySet[Subscriber]":
    """Everybody subscribed before a change takes effect, in a pause or not, without an account.

    Suppressed addresses are not subscribed: whatever suppresses one ends the subscription.
    """
    accounts = EmailAddress.objects.filter(
        email__iexact=OuterRef("email"), verified=True, user__is_active=True
    )
    return Subscriber.objects.filter(
        ~Exists(accounts),
        state=SubscriberState.ACTIVE,
        created_at__lt=version.effective_from,
    )


def _name(pk: int) -> str | None:
    """What to call them; None for who left or was erased since the letter was written."""
    found = Subscriber.objects.filter(pk=pk, state=SubscriberState.ACTIVE)
    return found.values_list("name", flat=True).first()


def load() -> None:
    """Put subscribers on the list of those who are told."""
    register(
        Source(
            SUBSCRIBERS, _concerned, _name, came="created_at", policies=("privacy",),
            part_of="what you agreed to when you asked for our newsletter",
        )
    )  # fmt: skip
