"""What happens to a row of the outbox: sent, tried again, given up, swept, sent anew."""

import logging
import uuid
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.letters import Letter, compose, email_of
from accounts.mail.models import Message, MessageState
from accounts.mail.registry import KINDS, NoLongerNeeded

logger = logging.getLogger(__name__)

#: Minutes until the next try after each failed one; after the last the row is given up (3 days).
BACK_OFF = (1, 2, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 1440)
#: A row that is "being sent" for longer belonged to a worker that died. The task's own time limit
#: is shorter, so a live worker never loses its row.
CLAIM_TIME_OUT = timedelta(minutes=5)
#: How long a swept row waits in the broker before it is swept again.
SWEPT_AGAIN_AFTER = timedelta(minutes=5)
SWEEP_LIMIT = 500  # rows in one sweep


@transaction.atomic
def claim(message_id: int) -> Message | None:
    """Take a waiting row for this worker, or return None: somebody else has it, or had it.

    A row that is locked by another worker is passed over, not waited for.
    """
    skip = connection.features.has_select_for_update_skip_locked
    rows = Message.objects.select_for_update(skip_locked=skip)
    message = rows.filter(pk=message_id, state=MessageState.QUEUED).first()
    if message is None:
        return None
    if message.attempts > len(BACK_OFF):  # each try killed its worker before it could say so
        Message.objects.filter(pk=message_id).update(state=MessageState.FAILED, next_try_at=None)
        return None
    now = timezone.now()
    message.state = MessageState.SENDING
    message.attempts += 1
    message.claimed_at = now
    message.next_try_at = now + CLAIM_TIME_OUT
    message.message_id = message.message_id or f"<{uuid.uuid4().hex}@plantraco.com>"
    message.save(update_fields=["state", "attempts", "claimed_at", "next_try_at", "message_id"])
    return message


def deliver(message_id: int) -> None:
    """Send one row, unless somebody else has it. Never raises: a failed try is kept on the row."""
    message = claim(message_id)
    if message is None:
        return
    try:
        letter = compose(message)
        email_of(message, letter).send()
    except NoLongerNeeded as reason:
        _settle(message, state=MessageState.FAILED, next_try_at=None, last_error=str(reason)[:255])
    except Exception as problem:  # a template, the network, the server's refusal: all may heal
        _postpone(message, problem)
    else:
        _mark_sent(message, letter)


def _settle(message: Message, **changes: object) -> None:
    """Write the end of a claim, unless the claim was lost to the sweep meanwhile."""
    ours = Message.objects.filter(
        pk=message.pk, state=MessageState.SENDING, claimed_at=message.claimed_at
    )
    ours.update(**changes)


def _mark_sent(message: Message, letter: Letter) -> None:
    kept = {}
    if KINDS[message.kind].keep:
        kept = {"body_text": letter.text, "body_html": letter.html}
        kept["subject"] = letter.subject[:255]
    _settle(
        message,
        state=MessageState.SENT,
        sent_at=timezone.now(),
        next_try_at=None,
        last_error="",
        **kept,
    )


def _postpone(message: Message, problem: Exception) -> None:
    """Plan the next try, or give up. The log names the row; what it is about may be private."""
    error = f"{type(problem).__name__}: {problem}"[:255]
    tries, name = message.attempts, type(problem).__name__
    if tries > len(BACK_OFF):
        logger.error("mail %s (%s) given up: %s", message.pk, message.kind, name)
        _settle(message, state=MessageState.FAILED, next_try_at=None, last_error=error)
        return
    logger.warning("mail %s (%s) try %s: %s", message.pk, message.kind, tries, name)
    due = timezone.now() + timedelta(minutes=BACK_OFF[tries - 1])
    _settle(message, state=MessageState.QUEUED, next_try_at=due, last_error=error)


def sweep() -> int:
    """Queue again what is due: rows that the broker lost, retries, rows of a dead worker.

    Returns how many the broker took. Stops at the first refusal: the broker is down.
    """
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        due = Message.objects.select_for_update(skip_locked=skip).filter(
            state__in=[MessageState.QUEUED, MessageState.SENDING], next_try_at__lte=timezone.now()
        )
        # After a long outage thousands are due: orders do not wait behind news.
        urgent = [kind.name for kind in KINDS.values() if kind.urgent]
        first = Case(When(kind__in=urgent, then=Value(0)), default=Value(1))
        rows = list(due.order_by(first, "next_try_at").values_list("pk", "kind")[:SWEEP_LIMIT])
        Message.objects.filter(pk__in=[pk for pk, _ in rows]).update(
            state=MessageState.QUEUED, next_try_at=timezone.now() + SWEPT_AGAIN_AFTER
        )
    taken = 0
    for pk, kind in rows:
        if not outbox.queue(pk, kind):
            break
        taken += 1
    return taken


@transaction.atomic
def resend(message: Message) -> bool:
    """Send a letter once more, as a new one: rendered afresh, under a new Message-ID.

    For staff: the recipient lost it, or it was given up. Mail servers drop a second letter with a
    known Message-ID, hence the new one. A row that waits or is being sent is left alone; tell
    whether it was not.
    """
    row = Message.objects.select_for_update().get(pk=message.pk)
    if row.state not in {MessageState.SENT, MessageState.FAILED}:
        return False
    row.state, row.attempts, row.message_id, row.last_error = MessageState.QUEUED, 0, "", ""
    row.returned_at, row.returned_why = None, ""
    row.next_try_at = timezone.now() + outbox.SWEEP_AFTER
    row.save()
    outbox.queue_on_commit(row)
    return True


def resend_many(rows: QuerySet[Message]) -> int:
    """Send letters once more, each for itself; return how many were not on their way already."""
    return sum(resend(row) for row in list(rows.order_by("pk")))
