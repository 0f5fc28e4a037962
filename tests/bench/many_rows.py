"""Copies of stored rows, written by the database itself: PostgreSQL inserts 50,000 in seconds.

`n` in an SQL expression is the number of the copy, from 0; its key is `KEY + n`.
"""

from typing import Any

from django.db import connection

#: Keys of copies start here, above those of sequences.
KEY = 1_000_000


def copy_of(count: int) -> str:
    """Return an SQL expression for the key of one of so many copies of another row."""
    return f"{KEY} + n % {count}"


def multiply(row: Any, count: int, **columns: str) -> None:
    """Insert copies of a row; `columns` are SQL expressions for those that differ."""
    meta, quoted = row._meta, connection.ops.quote_name
    names = [field.column for field in meta.concrete_fields]
    unknown = columns.keys() - set(names)
    if unknown:
        raise ValueError(f"{meta.label} has no columns {unknown}")
    values = {name: f"r.{quoted(name)}" for name in names} | {meta.pk.column: f"{KEY} + n"}
    table, key = quoted(meta.db_table), quoted(meta.pk.column)
    statement = (
        f"INSERT INTO {table} ({', '.join(map(quoted, names))}) "  # noqa: S608 (names of models)
        f"SELECT {', '.join((values | columns).values())} "
        f"FROM {table} r, generate_series(0, {count - 1}) n WHERE r.{key} = {int(row.pk)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
