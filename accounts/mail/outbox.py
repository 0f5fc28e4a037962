"""Writing to the outbox: the only way the shop sends email."""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.registry import EMAIL_TYPES
from microflight.core.compiled_query import CompiledQuery

logger = logging.getLogger(__name__)

#: By name, as the worker's code needs the outbox in turn.
DELIVER_TASK = "accounts.mail.tasks.deliver"
#: A row that no worker claimed within this time is queued again.
SWEEP_AFTER = timedelta(seconds=60)
#: Seconds for which a failed broker is not tried again: shoppers must not wait for it.
_BROKER_PAUSE = 15.0
_URGENT, _ORDINARY = 0, 6  # priorities of Celery's Redis transport; 0 is taken first
_broker_down_until = 0.0  # time.monotonic(), per process


_KNOWN = CompiledQuery(
    lambda email_type, subject_id, to: Message.objects.filter(
        email_type=email_type, subject_id=subject_id, recipient=to
    )
)


def add(
    email_type: str, *, subject_id: str, to: str, data: dict[str, Any] | None = None
) -> Message:
    """Write one message and queue it on commit. Idempotent: once per type, reference, recipient.

    `subject_id` is the reference to its cause (e.g. `order:100017`), `data` what the renderer
    cannot look up. Call it inside the transaction of the cause. Concurrent calls result in one
    row, without an error or a savepoint.
    """
    cause = {"email_type": email_type, "subject_id": subject_id, "recipient": to}
    if known := _KNOWN.first(email_type, subject_id, to):
        return known
    message = Message(**cause, data=data or {}, next_try_at=timezone.now() + SWEEP_AFTER)
    Message.objects.bulk_create(
        [message], update_conflicts=True, unique_fields=list(cause), update_fields=["email_type"]
    )
    queue_on_commit(message)
    return message


def queue_on_commit(message: Message) -> None:
    """Queue the row once its transaction is committed."""
    transaction.on_commit(lambda: queue(message.pk, message.email_type))


def queue(pk: int, email_type: str) -> bool:
    """Queue a row for a worker; return whether the broker accepted it. Never raises.

    A broker that is down costs one caller its connection timeout and the next ones nothing: the
    row is safe in the outbox, and the sweep queues it when the broker is back.
    """
    global _broker_down_until
    if time.monotonic() < _broker_down_until:
        return False
    urgent = email_type in EMAIL_TYPES and EMAIL_TYPES[email_type].urgent
    priority = _URGENT if urgent else _ORDINARY
    try:
        current_app.send_task(DELIVER_TASK, (pk,), retry=False, priority=priority)
    except Exception as error:  # whatever it is, the shopper's request continues
        _broker_down_until = time.monotonic() + _BROKER_PAUSE
        logger.warning("broker down (%s): row %s stays queued", type(error).__name__, pk)
        return False
    return True


def add_many(
    email_type: str,
    *,
    subject_id: str,
    recipients: Sequence[tuple[str, dict[str, Any]]],
    sweep_after: timedelta = SWEEP_AFTER,
) -> None:
    """Write one message per recipient (email, data), in one statement.

    Recipients who have it already get no second one. They are queued on commit; what the broker
    does not accept is swept after `sweep_after`.
    """
    due = timezone.now() + sweep_after
    rows = [
        Message(
            email_type=email_type, subject_id=subject_id, recipient=to, data=data, next_try_at=due
        )
        for to, data in recipients
    ]
    Message.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["email_type", "subject_id", "recipient"],
        update_fields=["email_type"],
    )
    pks = [row.pk for row in rows]
    transaction.on_commit(lambda: all(queue(pk, email_type) for pk in pks))
