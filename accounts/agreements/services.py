"""Agreeing to texts: at registration, at a later log-in, and wherever else a form asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.agreements import news
from accounts.agreements.offers import Offer, offer_for
from policies.models import Acceptance, ChangeType, Context, PolicyVersion
from policies.services import accept, required_for_registration

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
        accept(version, subject, offer.label, context=context, user=user, ip=address)
        for version in offer.versions
    ]


def account(user: "User") -> str:
    """Return what an agreement of an account is about."""
    return f"account:{user.pk}"


# --- Again, after a change -----------------------------------------------------------------------


def due_again(user: "User") -> Offer:
    """Return the texts that an account has to agree to anew: three queries, mostly one.

    Those that accounts need and that changed materially, in effect by now, since this account
    agreed; or, where it never did, since it was opened.
    """
    required = required_for_registration()
    changes = _material_changes(required)
    if not changes:
        return Offer(())
    agreed = _agreed_numbers(user, changes)
    due = []
    for version in required:
        number, effective_from = changes.get(version.policy_id, (0, user.date_joined))
        since = agreed.get(version.policy_id)
        if number > since if since else effective_from > user.date_joined:
            due.append(version)
    return Offer(tuple(due))


def _material_changes(required: list[PolicyVersion]) -> dict[int, tuple[int, datetime]]:
    """The newest material change of each policy that is in effect: its number and moment."""
    changed = [version.policy_id for version in required if (version.number or 0) > 1]
    if not changed:
        return {}
    found = PolicyVersion.objects.in_force_at(timezone.now()).filter(
        policy__in=changed, change_type=ChangeType.MATERIAL, number__gt=1
    )
    rows = found.order_by("number").values_list("policy_id", "number", "effective_from")
    return {policy: (number, moment) for policy, number, moment in rows}


def _agreed_numbers(user: "User", policies: Iterable[int]) -> dict[int, int]:
    """The highest number of each policy that an account agreed to, wherever it was asked."""
    found = Acceptance.objects.filter(user=user, version__policy__in=policies)
    rows = found.values_list("version__policy").annotate(Max("version__number"))
    return dict(rows)


@dataclass(frozen=True, slots=True)
class Due:
    """A text to agree to anew, and the version beside which its changes are shown."""

    version: PolicyVersion
    since: int  # a version's number
    was_agreed: bool  # to that one, by this account


def beside_last(user: "User", offer: Offer) -> list[Due]:
    """Return each text of an offer beside the version that an account agreed to last; where it
    never agreed to any, beside the one before. One query."""
    agreed = _agreed_numbers(user, [version.policy_id for version in offer.versions])
    return [_beside(version, agreed.get(version.policy_id)) for version in offer.versions]


def _beside(version: PolicyVersion, agreed: int | None) -> Due:
    return Due(version, agreed or (version.number or 0) - 1, agreed is not None)


@transaction.atomic
def agree_again(user: "User", offer: Offer, *, address: str) -> None:
    """Record that an account agreed to changed texts; it has seen them, too."""
    record(offer, Context.REACCEPTANCE, subject=account(user), user=user, address=address)
    news.mark_seen(user, [version.pk for version in offer.versions])
