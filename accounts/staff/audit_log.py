"""The audit log: Django's admin log, to which logins, exports and other events are added.

It is append-only (a trigger, and the receiver below). Entries that a request causes get its
network.
"""

from contextvars import ContextVar
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver

from accounts.staff.models import EntryOrigin
from microflight.core.limits import network_of

#: The IP address of the request that is being answered; "" outside of requests.
current_ip: ContextVar[str] = ContextVar("current_ip", default="")


def record(by: Any, subject: models.Model, message: str, flag: int = CHANGE) -> LogEntry:
    """Add an entry: who did what to which record."""
    return LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(subject, for_concrete_model=False),
        object_id=str(subject.pk),
        object_repr=str(subject)[:200],
        action_flag=flag,
        change_message=message,
    )


@receiver(post_save, sender=LogEntry, dispatch_uid="staff.origin")
def add_origin(instance: LogEntry, created: bool, raw: bool = False, **_: Any) -> None:
    """Store the network that an entry came from."""
    network = network_of(current_ip.get())
    if created and network and not raw:
        EntryOrigin.objects.create(entry=instance, network=network)


@receiver(pre_delete, sender=LogEntry, dispatch_uid="staff.append_only")
def reject_deletion(**_: Any) -> None:
    """Keep every entry."""
    raise models.RestrictedError("The audit log is append-only.", set())
