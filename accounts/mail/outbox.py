"""Writing to the outbox: the only way the shop sends mail."""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.registry import KINDS
from microflight.core.compiled_query import CompiledQuery

logger = logging.getLogger(__name__)

#: A row that no worker took within this time is handed to the broker again.
SWEEP_AFTER = timedelta(seconds=60)
#: After a failure the broker is left alone for so long (seconds): shoppers must not wait for it.
_BROKER_PAUSE = 15.0
_URGENT, _ORDINARY = 0, 6  # priorities of Celery's Redis transport; 0 is taken first
_broker_down_until = 0.0  # time.monotonic(), per process


_KNOWN = CompiledQuery(
    lambda kind, subject_id, to: Message.objects.filter(
        kind=kind, subject_id=subject_id, recipient=to
    )
)


def add(kind: str, *, subject_id: str, to: str, data: dict[str, Any] | None = None) -> Message:
    """Write one message and queue it on commit; a second call for the same cause changes nothing.

    `kind` names the renderer and the templates, `subject_id` the cause (e.g. `order:100017`),
    `data` what the renderer cannot look up. Call it inside the transaction of the cause.
    Two that write it at the same moment come to one row, without an error and a savepoint.
    """
    cause = {"kind": kind, "subject_id": subject_id, "recipient": to}
    if known := _KNOWN.first(kind, subject_id, to):
        return known
    message = Message(**cause, data=data or {}, next_try_at=timezone.now() + SWEEP_AFTER)
    Message.objects.bulk_create(
        [message], update_conflicts=True, unique_fields=list(cause), update_fields=["kind"]
    )
    queue_on_commit(message)
    return message


def queue_on_commit(message: Message) -> None:
    """Hand the row to the broker once its transaction is kept."""
    transaction.on_commit(lambda: queue(message.pk, message.kind))


def queue(pk: int, kind: str) -> bool:
    """Hand a row to a worker, without ever raising; tell whether the broker took it.

    A broker that is down costs one caller its connect time-out and the next ones nothing: the
    row lies safely in the outbox, and beat sweeps it up when the broker is back.
    """
    global _broker_down_until
    from accounts.mail.tasks import deliver

    if time.monotonic() < _broker_down_until:
        return False
    urgent = kind in KINDS and KINDS[kind].urgent
    try:
        deliver.apply_async((pk,), retry=False, priority=_URGENT if urgent else _ORDINARY)
    except Exception as problem:  # whatever it is, the shopper's request goes on
        _broker_down_until = time.monotonic() + _BROKER_PAUSE
        logger.warning("broker down (%s): row %s waits", type(problem).__name__, pk)
        return False
    return True


def add_many(
    kind: str,
    *,
    subject_id: str,
    letters: Sequence[tuple[str, dict[str, Any]]],
    sweep_after: timedelta = SWEEP_AFTER,
) -> None:
    """Write one message of a cause to many people (address, data), in one statement.

    Who has it already gets no second one. They are queued on commit; what the broker does not
    take is swept `sweep_after` later.
    """
    due = timezone.now() + sweep_after
    rows = [
        Message(kind=kind, subject_id=subject_id, recipient=to, data=data, next_try_at=due)
        for to, data in letters
    ]
    Message.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["kind", "subject_id", "recipient"],
        update_fields=["kind"],
    )
    pks = [row.pk for row in rows]
    transaction.on_commit(lambda: all(queue(pk, kind) for pk in pks))
