"""Row locks in one order, so that two changes of many rows cannot deadlock."""

import hashlib
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def lock_rows(rows: QuerySet[Any]) -> list[Any]:
    """Lock rows in the order of their primary keys until the transaction ends; return the keys.

    Rows that no longer match once their lock is free are left out.
    """
    in_order = rows.order_by("pk").select_for_update(of=("self",))
    return list(in_order.values_list("pk", flat=True))


def lock_names(*names: str, shared: bool = False) -> None:
    """Lock names for which there is no row, in one order, until the transaction ends. Many can
    have a shared lock at once, and wait only for one that is not shared.

    SQLite allows one writer at a time anyway.
    """
    if not names or connection.vendor != "postgresql":
        return
    digests = (hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    keys = sorted(int.from_bytes(digest, signed=True) for digest in digests)
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    calls = ", ".join([f"{function}(%s)"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", keys)  # noqa: S608 (no values)
