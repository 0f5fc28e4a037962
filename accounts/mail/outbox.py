"""Writing to the outbox: the only way the shop sends mail."""

from typing import Any

from django.db import transaction

from accounts.mail.models import Message


def add(kind: str, *, subject_id: str, to: str, data: dict[str, Any] | None = None) -> Message:
    """Write one message and queue it on commit; a second call for the same cause changes nothing.

    `kind` names the renderer and the templates, `subject_id` the cause (e.g. `order:100017`),
    `data` what the renderer cannot look up. Call it inside the transaction of the cause.
    """
    message, created = Message.objects.get_or_create(
        kind=kind, subject_id=subject_id, recipient=to, defaults={"data": data or {}}
    )
    if created:
        transaction.on_commit(lambda: _queue(message.pk), robust=True)
    return message


def _queue(pk: int) -> None:
    """Hand the row to a worker. A broker that is down only delays it: beat sweeps the outbox."""
    from accounts.mail.tasks import deliver

    deliver.delay(pk)
