"""Run the audit as staff do, and break things as nothing in the shop could."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection


def audit(*words: str) -> tuple[list[str], int]:
    """Run the command; return its lines and its exit code."""
    out = StringIO()
    try:
        call_command("audit_money", *words, stdout=out)
    except SystemExit as end:
        return out.getvalue().splitlines(), int(str(end.code))
    return out.getvalue().splitlines(), 0


def breaches(*words: str) -> list[str]:
    """Audit a shop at rest; return the breaches as printed, having seen that the last line and
    the exit code say the same."""
    lines, code = audit(*(words or ("--strict",)))
    found = [line.removeprefix("  - ") for line in lines if line.startswith("  - ")]
    assert (lines[-1], code) == (f"audit: {len(found)} breaches", 1 if found else 0), lines
    return found


def sql(statement: str, *values: Any) -> None:
    """Change rows behind the shop's back; a statement that finds no row breaks nothing."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0, "nothing was broken"


def without_triggers(table: str) -> None:
    """Let what follows in this transaction write past a table's triggers, as its owner could."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


@contextmanager
def unchecked(table: str, *constraints: str) -> Iterator[None]:
    """Lift constraints of a table, so that something can be broken which they prevent."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for name in constraints:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        try:
            yield
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = OFF")
