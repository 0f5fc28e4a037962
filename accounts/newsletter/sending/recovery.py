"""Finding the claims of workers that died, and settling them by their journals."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.newsletter.models import Delivery
from accounts.newsletter.sending import journal as journals
from accounts.newsletter.sending.journal import ENDING, Entry, Journal
from accounts.newsletter.sending.outcomes import Outcome, later, write
from accounts.newsletter.states import DeliveryState

#: A claim whose journal is not on any machine that looks is in doubt after this time.
ABSENT_AFTER = timedelta(minutes=30)

_PERHAPS = "its worker died as it handed the letter over"
_UNKNOWN = "the machine that had it ended, or stays away"
_UNHEARD = "handed over; its worker died before the answer"


def recover() -> list[str]:
    """Settle the claims of all dead workers of this machine; return their journals' names."""
    dead = []
    for path in journals.folder().glob(f"*{ENDING}"):
        with journals.inherited(path) as legacy:
            if legacy is not None:
                _settle(legacy.name, legacy.entries, whole=legacy.whole)
                dead.append(legacy.name)
    return dead


def settle_own(journal: Journal) -> None:
    """Settle what an earlier batch of this very worker could not write down, then forget it."""
    _settle(journal.name, journal.read(), whole=True)
    journal.clear()


def doubt_absent() -> int:
    """Name the claims whose worker nobody can ask; return how many."""
    old = Delivery.objects.filter(
        state=DeliveryState.CLAIMED, claimed_at__lt=timezone.now() - ABSENT_AFTER
    ).exclude(claimed_by__in=journals.names_here())
    return old.update(state=DeliveryState.DOUBT, reason=_UNKNOWN)


@transaction.atomic
def _settle(name: str, entries: dict[int, Entry], *, whole: bool) -> None:
    claimed = Delivery.objects.select_for_update().filter(
        claimed_by=name, state=DeliveryState.CLAIMED
    )
    rows = claimed.order_by("pk").values_list("pk", "attempts")
    write([_outcome(pk, attempts, entries.get(pk), whole) for pk, attempts in rows], name)


def _outcome(pk: int, attempts: int, entry: Entry | None, whole: bool) -> Outcome:
    """Return what a journal says of a claim.

    `gone` without an answer counts as sent: the dot is in the kernel, which passes it on after
    the process's end, and a server that has the dot delivers.
    """
    step = entry.step if entry else ""
    words = entry.words if entry else ""
    if step == "taken":
        return Outcome(pk, DeliveryState.SENT, tried=True)
    if step == "later":
        return later(pk, words, attempts)
    if step == "never":
        return Outcome(pk, DeliveryState.FAILED, words, tried=True)
    if not whole:
        return Outcome(pk, DeliveryState.DOUBT, _UNKNOWN, tried=True)
    if step == "gone":
        return Outcome(pk, DeliveryState.SENT, _UNHEARD, tried=True)
    if step:  # about, or doubt
        return Outcome(pk, DeliveryState.DOUBT, words or _PERHAPS, tried=True)
    return Outcome(pk, DeliveryState.QUEUED)
