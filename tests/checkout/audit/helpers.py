"""Run the audit command, and change rows behind the shop's back."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection

from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order

RECONCILE = (
    "Run “manage.py reconcile”. If the problem remains, check that the worker and beat are running."
)


def ship(order: Order, *quantities: int, tracking_number: str = "CP1") -> None:
    """Ship some units of each line."""
    lines = [line.pk for line in order.lines.order_by("pk")]
    create_shipment(
        order=order,
        quantities=dict(zip(lines, quantities, strict=False)),
        carrier="UPS",
        tracking_number=tracking_number,
        by=None,
    )


def audit(*words: str) -> tuple[list[str], int]:
    """Run the command; return its lines and exit code."""
    out = StringIO()
    try:
        call_command("audit_money", *words, stdout=out)
    except SystemExit as end:
        return out.getvalue().splitlines(), int(str(end.code))
    return out.getvalue().splitlines(), 0


def breaches(*words: str) -> list[str]:
    """Audit a closed shop; return the printed breaches, and check last line and exit code."""
    lines, code = audit(*(words or ("--strict",)))
    found = [line.removeprefix("  - ") for line in lines if line.startswith("  - ")]
    assert (lines[-1], code) == (f"audit: {len(found)} breaches", 1 if found else 0), lines
    return found


def sql(statement: str, *values: Any) -> None:
    """Change rows with SQL; at least one row must change."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0, "no row was changed"


def without_triggers(table: str) -> None:
    """Disable the triggers of a table for the rest of this transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


@contextmanager
def unchecked(table: str, *constraints: str) -> Iterator[None]:
    """Lift constraints of a table, to break what they protect."""
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


def delete_payment(order: Order) -> None:
    """Delete an order's payment records, as if it had never been paid."""
    attempt = order.attempts.get()
    sql("DELETE FROM payment_transaction WHERE attempt_id = %s", attempt.pk)
    sql("DELETE FROM payment_paymentattempt WHERE id = %s", attempt.pk)
