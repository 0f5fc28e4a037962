"""Reads reports from a replica of the database, where one is configured."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings

REPLICA = "replica"
_reading = ContextVar("reading from the replica", default=False)


@contextmanager
def read_from_replica() -> Iterator[None]:
    """Read from the replica in this block; rows must be fetched before it ends."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


class ReplicaRouter:
    """Sends the reads of reports to the replica, and everything else to the database itself."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        is_configured = REPLICA in settings.DATABASES
        return REPLICA if is_configured and _reading.get() else None

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, *objects: Any, **hints: Any) -> bool:
        return True  # a row of the replica is a row of the database

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db != REPLICA
