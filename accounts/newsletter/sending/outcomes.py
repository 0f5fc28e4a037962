"""What became of claimed deliveries, and writing it down."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.newsletter.models import Delivery
from accounts.newsletter.states import CampaignState, DeliveryState

log = logging.getLogger(__name__)

#: Minutes until the next try after each failed one; after the last it is given up (a day).
BACK_OFF = (2, 10, 30, 120, 360, 960)
#: Seconds for which a worker waits for a database that is away. What it cannot write then, it
#: finds in its journal later.
PATIENCE = 60.0
_pause = threading.Event()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one claim."""

    pk: int
    state: DeliveryState
    reason: str = ""
    tried: bool = False  # the mail server was asked
    attempts: int = 0  # before this one

    @property
    def settled(self) -> "Outcome":
        """The same, or given up where it was tried often enough."""
        if self.state == DeliveryState.QUEUED and self.tried and self.attempts >= len(BACK_OFF):
            return Outcome(self.pk, DeliveryState.FAILED, self.reason, True, self.attempts)
        return self


def later(pk: int, reason: str, attempts: int) -> Outcome:
    """A try failed in a way that may heal."""
    return Outcome(pk, DeliveryState.QUEUED, reason, tried=True, attempts=attempts).settled


@transaction.atomic
def write(outcomes: Iterable[Outcome], journal: str) -> None:
    """Write down the ends of a worker's claims, few statements for many.

    Rows that were taken from it meanwhile are left alone, but for those that were in doubt: it
    knows better.
    """
    alike: dict[tuple[DeliveryState, str, bool, int], list[int]] = defaultdict(list)
    for one in outcomes:
        attempts = one.attempts if one.state == DeliveryState.QUEUED else 0
        alike[one.state, one.reason[:200], one.tried, attempts].append(one.pk)
    for (state, reason, tried, attempts), pks in alike.items():
        claimed = Delivery.objects.filter(
            pk__in=pks, claimed_by=journal, state__in=(DeliveryState.CLAIMED, DeliveryState.DOUBT)
        )
        claimed.update(state=state, reason=reason, attempts=F("attempts") + int(tried),
                       **_moments(state, tried, attempts))  # fmt: skip


def _moments(state: DeliveryState, tried: bool, attempts: int) -> dict[str, object]:
    now = timezone.now()
    if state == DeliveryState.SENT:
        return {"sent_at": now}
    if state != DeliveryState.QUEUED:
        return {}
    back: dict[str, object] = {"claimed_by": "", "claimed_at": None}
    if not tried:
        return back
    return back | {"next_try_at": now + timedelta(minutes=BACK_OFF[attempts])}


def write_patiently(outcomes: list[Outcome], journal: str) -> None:
    """Write, and wait for a database that is being started again. Raises its error in the end."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            write(outcomes, journal)
        except (OperationalError, InterfaceError) as problem:
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            log.warning("newsletter: database away (%s), waiting", type(problem).__name__)
            connection.close()
            _pause.wait(0.5)
        else:
            return


def drop_cancelled(campaign_id: int) -> int:
    """Take back what still waits of a cancelled campaign; return how many letters."""
    waiting = Delivery.objects.filter(
        campaign_id=campaign_id,
        campaign__state=CampaignState.CANCELLED,
        state=DeliveryState.QUEUED,
    )
    return waiting.update(state=DeliveryState.SKIPPED, reason="campaign cancelled")
