"""Delivering an outbox row: claim, send, retry, fail, sweep, resend."""

import logging
import uuid
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message, MessageState
from accounts.mail.registry import EMAIL_TYPES, NoLongerNeeded
from accounts.mail.rendering import RenderedEmail, build_email, compose

logger = logging.getLogger(__name__)

#: Minutes until the next attempt after each failed one; after the last the row fails (3 days).
BACK_OFF = (1, 2, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 1440)
#: A row that is "sending" for longer belonged to a worker that died. The task's own time limit
#: is shorter, so a live worker never loses its row.
CLAIM_TIME_OUT = timedelta(minutes=5)
#: How long a swept row waits in the broker before it is swept again.
SWEPT_AGAIN_AFTER = timedelta(minutes=5)
SWEEP_LIMIT = 500  # rows in one sweep


@transaction.atomic
def claim(message_id: int) -> Message | None:
    """Claim a queued row for this worker; return None if another worker claimed it.

    A row that another worker has locked is skipped, not waited for.
    """
    skip = connection.features.has_select_for_update_skip_locked
    rows = Message.objects.select_for_update(skip_locked=skip)
    message = rows.filter(pk=message_id, state=MessageState.QUEUED).first()
    if message is None:
        return None
    if message.attempts > len(BACK_OFF):  # each attempt killed its worker
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
    """Send one row, unless another worker claimed it. Never raises: the row records a failure."""
    message = claim(message_id)
    if message is None:
        return
    try:
        rendered = compose(message)
        build_email(message, rendered).send()
    except NoLongerNeeded as reason:
        _finish(message, state=MessageState.FAILED, next_try_at=None, last_error=str(reason)[:255])
    except Exception as error:  # template, network, rejection: each may succeed later
        _retry_later(message, error)
    else:
        _mark_sent(message, rendered)


def _finish(message: Message, **changes: object) -> None:
    """Write the outcome of a claim, unless the sweep took the claim away meanwhile."""
    ours = Message.objects.filter(
        pk=message.pk, state=MessageState.SENDING, claimed_at=message.claimed_at
    )
    ours.update(**changes)


def _mark_sent(message: Message, rendered: RenderedEmail) -> None:
    stored = {}
    if EMAIL_TYPES[message.email_type].keep:
        stored = {"body_text": rendered.text, "body_html": rendered.html}
        stored["subject"] = rendered.subject[:255]
    _finish(
        message,
        state=MessageState.SENT,
        sent_at=timezone.now(),
        next_try_at=None,
        last_error="",
        **stored,
    )


def _retry_later(message: Message, problem: Exception) -> None:
    """Schedule the next attempt, or fail. The log has the row's ID and no personal data."""
    attempts, name = message.attempts, type(problem).__name__
    error = f"{name}: {problem}"[:255]
    if attempts > len(BACK_OFF):
        logger.error("email %s (%s) failed: %s", message.pk, message.email_type, name)
        _finish(message, state=MessageState.FAILED, next_try_at=None, last_error=error)
        return
    logger.warning("email %s (%s) attempt %s: %s", message.pk, message.email_type, attempts, name)
    due = timezone.now() + timedelta(minutes=BACK_OFF[attempts - 1])
    _finish(message, state=MessageState.QUEUED, next_try_at=due, last_error=error)


def sweep() -> int:
    """Queue what is due: rows that the broker lost, retries, rows of a dead worker.

    Returns how many the broker accepted. Stops at the first rejection: the broker is down.
    """
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        due = Message.objects.select_for_update(skip_locked=skip).filter(
            state__in=[MessageState.QUEUED, MessageState.SENDING], next_try_at__lte=timezone.now()
        )
        # After a long outage thousands are due: order emails go before policy announcements.
        urgent = [each.name for each in EMAIL_TYPES.values() if each.urgent]
        first = Case(When(email_type__in=urgent, then=Value(0)), default=Value(1))
        rows = list(
            due.order_by(first, "next_try_at").values_list("pk", "email_type")[:SWEEP_LIMIT]
        )
        Message.objects.filter(pk__in=[pk for pk, _ in rows]).update(
            state=MessageState.QUEUED, next_try_at=timezone.now() + SWEPT_AGAIN_AFTER
        )
    accepted = 0
    for pk, email_type in rows:
        if not outbox.queue(pk, email_type):
            break
        accepted += 1
    return accepted


@transaction.atomic
def resend(message: Message) -> bool:
    """Queue an email again, rendered from current data, and return whether it was queued.

    For staff: the recipient lost it, or it failed. It gets a new Message-ID, as mail servers drop
    a second email with a known one. A row that is queued or sending is left alone.
    """
    row = Message.objects.select_for_update().get(pk=message.pk)
    if row.state not in {MessageState.SENT, MessageState.FAILED}:
        return False
    row.state, row.attempts, row.message_id, row.last_error = MessageState.QUEUED, 0, "", ""
    row.bounced_at, row.bounce_reason = None, ""
    row.next_try_at = timezone.now() + outbox.SWEEP_AFTER
    row.save()
    outbox.queue_on_commit(row)
    return True


def resend_many(rows: QuerySet[Message]) -> int:
    """Resend each email, in its own transaction; return how many were queued again."""
    return sum(resend(row) for row in list(rows.order_by("pk")))
