"""Reads reports from a replica of the database, where one is configured and answers."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import Error

logger = logging.getLogger(__name__)
REPLICA = "replica"
#: For how many seconds a replica that failed is not tried again.
RETRY_AFTER = 60
_FAILED = "reports:replica-failed"  # cache key
_reading = ContextVar("reading from the replica", default=False)
Found = TypeVar("Found")


def read_from_replica(read: Callable[[], Found]) -> tuple[Found, bool]:
    """Return what `read` returns (rows must be fetched) and whether the replica failed, so that it
    was read from the database itself."""
    if REPLICA not in settings.DATABASES:
        return read(), False
    if not cache.get(_FAILED):
        try:
            with _replica():
                return read(), False
        except Error:
            logger.exception("The replica failed; reports are read from the database itself.")
            cache.set(_FAILED, 1, RETRY_AFTER)
    return read(), True


@contextmanager
def _replica() -> Iterator[None]:
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


class ReplicaRouter:
    """Sends the reads of reports to the replica, and everything else to the database itself."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return REPLICA if _reading.get() else None

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, *objects: Any, **hints: Any) -> bool:
        return True  # a row of the replica is a row of the database

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db != REPLICA
