"""Agreeing to texts: at registration, at a later log-in, and wherever else a form asks."""

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.agreements.offers import Offer, offer_for
from policies.models import Acceptance, Context
from policies.services import accept

if TYPE_CHECKING:
    from accounts.users.models import User


class AgreementError(Exception):
    """Nothing was recorded. The text may be shown; `offer` is what has to be shown with it."""

    def __init__(self, sentence: str, offer: Offer) -> None:
        super().__init__(sentence)
        self.offer = offer


class NotAgreed(AgreementError):
    """The box was not ticked."""

    def __init__(self, offer: Offer) -> None:
        super().__init__("Tick the box: we need your agreement.", offer)


class TextsChanged(AgreementError):
    """What was ticked stood beside other texts than those in force."""

    def __init__(self, offer: Offer) -> None:
        super().__init__("Our policies have just changed: read them and tick anew.", offer)


def agree(
    context: Context,
    *,
    subject: str,
    shown: str,
    agreed: bool,
    user: "User | None" = None,
    address: str = "",
) -> list[Acceptance]:
    """Record what somebody agreed to in a form, once for each text and subject.

    `subject` says who or what it is about, e.g. `subscriber:12` or `entry:5`; `shown` is what the
    page's `Offer.shown` was; `address` the internet address, of which only the network is kept.
    Call it in the transaction that writes the subject. Raises NotAgreed or TextsChanged, having
    written nothing.
    """
    offer = offer_for(context)
    if not offer.versions:
        return []
    if shown != offer.shown:
        raise TextsChanged(offer)
    if not agreed:
        raise NotAgreed(offer)
    return record(offer, context, subject=subject, user=user, address=address)


@transaction.atomic
def record(
    offer: Offer, context: Context, *, subject: str, user: "User | None" = None, address: str = ""
) -> list[Acceptance]:
    """Write a proof for each text of an offer that a form found agreed to."""
    return [
        accept(version, subject, offer.label, context=context, user=user, address=address)
        for version in offer.versions
    ]


def account(user: "User") -> str:
    """Return what an agreement of an account is about."""
    return f"account:{user.pk}"
