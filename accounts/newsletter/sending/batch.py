"""One short job: claims some letters of a campaign and sends them."""

import threading
import time
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.newsletter.audience import why_not
from accounts.newsletter.models import Campaign, Delivery, Subscriber
from accounts.newsletter.sending import bounces, rate
from accounts.newsletter.sending.journal import Journal
from accounts.newsletter.sending.letters import Maker, NotWritable
from accounts.newsletter.sending.outcomes import (
    Outcome,
    drop_cancelled,
    write_patiently,
)
from accounts.newsletter.sending.posting import NoServer, Post, RefusedRecipient, open_post
from accounts.newsletter.states import CampaignState, DeliveryState

CLAIM = 50  # letters
#: So many letters are looked at once more right before they leave: state of the campaign, consent,
#: pause, suppression.
CHECKED_AT_ONCE = 10
#: Seconds after which a job begins no further letter. Order mail waits for no longer.
TIME = 1.5
_pause = threading.Event()


@dataclass(slots=True)
class Batch:
    """What one job has in hand, and what became of it."""

    campaign: Campaign
    journal: Journal
    rows: list[Delivery]
    until: float
    outcomes: list[Outcome] = field(default_factory=list)
    wait: float = 0.0  # seconds until the next job may begin
    no_server: str = ""

    @property
    def recent(self) -> str:
        """Return how its letters went, one sign each."""
        tried = [one for one in self.outcomes if one.tried]
        return "".join("." if one.state == DeliveryState.SENT else "x" for one in tried)


def claimable(campaign: Campaign) -> "QuerySet[Delivery]":
    """Return the letters that may leave now."""
    rows = Delivery.objects.filter(
        Q(next_try_at=None) | Q(next_try_at__lte=timezone.now()),
        campaign=campaign,
        state=DeliveryState.QUEUED,
    )
    if campaign.subject_b and not campaign.winner:
        rows = rows.exclude(variant="")  # these wait for the winner
    return rows


@transaction.atomic
def claim(campaign: Campaign, journal: Journal, count: int = CLAIM) -> list[Delivery]:
    """Take some letters for this worker; what another one is taking is passed over."""
    skip = connection.features.has_select_for_update_skip_locked
    waiting = claimable(campaign).select_for_update(skip_locked=skip).order_by("pk")
    rows = list(waiting[:count])
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DeliveryState.CLAIMED, claimed_by=journal.name, claimed_at=timezone.now()
    )
    return rows


def send_some(campaign: Campaign, journal: Journal) -> Batch:
    """Claim, look once more, send, write down. What was not begun is given back.

    Raises the database's error where it stays away; the journal then knows what was sent.
    """
    batch = Batch(campaign, journal, claim(campaign, journal), time.monotonic() + TIME)
    if not batch.rows:
        return batch
    post = open_post()
    try:
        _send(batch, post)
    finally:
        post.close()
        _write(batch)
    return batch


def _send(batch: Batch, post: Post) -> None:
    maker = Maker(batch.campaign)
    ahead = list(batch.rows)
    while ahead and time.monotonic() < batch.until:
        grant = rate.ask(min(CHECKED_AT_ONCE, len(ahead)))
        if not grant.letters:
            if time.monotonic() + grant.wait > batch.until:
                batch.wait = grant.wait
                return
            _pause.wait(grant.wait)
            continue
        some, ahead = ahead[: grant.letters], ahead[grant.letters :]
        if not _still_sending(batch.campaign):
            return
        for row, reader in _wanted(batch, some):
            if time.monotonic() > batch.until:
                return
            try:
                batch.outcomes.append(_post_one(maker, row, reader, batch.journal, post))
            except NoServer as problem:
                batch.no_server = str(problem)
                return


def _still_sending(campaign: Campaign) -> bool:
    return Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SENDING).exists()


def _wanted(batch: Batch, rows: list[Delivery]) -> list[tuple[Delivery, Subscriber]]:
    """Return who of some still wants it, as they are in the database now; skip the others."""
    readers = Subscriber.objects.in_bulk(
        [row.subscriber_id for row in rows if row.subscriber_id is not None]
    )
    reasons = why_not(batch.campaign, list(readers.values()))
    wanted = []
    for row in rows:
        reader = readers.get(row.subscriber_id or 0)
        reason = "erased" if reader is None else reasons.get(reader.pk, "")
        if reader is None or reason:
            batch.outcomes.append(Outcome(row.pk, DeliveryState.SKIPPED, reason))
        else:
            wanted.append((row, reader))
    return wanted


def _post_one(
    maker: Maker, row: Delivery, reader: Subscriber, journal: Journal, post: Post
) -> Outcome:
    try:
        letter = maker.letter(row, reader)
    except (NotWritable, KeyError) as problem:
        words = f"cannot be written: {problem}"
        return Outcome(row.pk, DeliveryState.FAILED, words, True, row.attempts)
    outcome = post.post(letter, row.attempts, journal)
    if isinstance(outcome, RefusedRecipient):
        bounces.note(outcome, reader.email)
    return outcome


def _write(batch: Batch) -> None:
    """Write down what became of the letters, and give back those that were not begun."""
    done = {one.pk for one in batch.outcomes} | set(batch.journal.read())
    begun = batch.journal.read().keys() - {one.pk for one in batch.outcomes}
    back = [Outcome(row.pk, DeliveryState.QUEUED) for row in batch.rows if row.pk not in done]
    write_patiently(batch.outcomes + back, batch.journal.name)
    if not begun:  # an exception fell between a letter and its outcome: the journal settles it
        batch.journal.clear()
    drop_cancelled(batch.campaign.pk)
