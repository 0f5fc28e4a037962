"""Stock levels for tests, changed as the shop changes them: through the ledger."""

from typing import Any

from django.db.models import Sum

from catalog.partner import ledger
from catalog.partner.models import StockMovement, StockRecord


def put(level: int, *records: StockRecord) -> None:
    """Set the quantity on hand of these records, or of all."""
    for record in records or StockRecord.objects.order_by("pk"):
        now = StockRecord.objects.get(pk=record.pk).num_in_stock or 0
        if change := level - now:
            ledger.adjust(record.pk, change, by=None, reason="test")


def commit(quantity: int, *records: StockRecord, reference: str = "order:100999") -> None:
    """Commit stock of these records, or of all, to an order that does not exist."""
    chosen = records or StockRecord.objects.order_by("pk")
    ledger.reserve([(r.pk, quantity, "test") for r in chosen], reference=reference)


def release(quantity: int, *records: StockRecord, reference: str = "order:100999") -> None:
    """Release that stock."""
    chosen = records or StockRecord.objects.order_by("pk")
    assert ledger.release([(r.pk, quantity, "test") for r in chosen], reference=reference) == []


def levels(record: Any) -> tuple[int, int]:
    """Return quantities on hand and committed, after checking them against the ledger."""
    now = StockRecord.objects.get(pk=record.pk)
    rows = StockMovement.objects.filter(stockrecord=record.pk)
    sums = rows.aggregate(on_hand=Sum("on_hand_change"), committed=Sum("committed_change"))
    assert (now.num_in_stock or 0, now.num_allocated or 0) == (
        sums["on_hand"] or 0,
        sums["committed"] or 0,
    )
    return now.num_in_stock or 0, now.num_allocated or 0
