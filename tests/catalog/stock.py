"""Levels of stock for tests, moved as the shop moves them: through the ledger."""

from typing import Any

from django.db.models import Sum

from catalog.partner import ledger
from catalog.partner.models import StockMovement, StockRecord


def put(level: int, *records: StockRecord) -> None:
    """Bring records (all of them, where none is named) to that level on the shelf."""
    for record in records or StockRecord.objects.order_by("pk"):
        now = StockRecord.objects.get(pk=record.pk).num_in_stock or 0
        if change := level - now:
            ledger.correct(record.pk, change, by=None, why="test")


def promise(pieces: int, *records: StockRecord, about: str = "order:100999") -> None:
    """Promise pieces of records (of all, where none is named) to an order that does not exist."""
    chosen = records or StockRecord.objects.order_by("pk")
    ledger.reserve([(record.pk, pieces, "test") for record in chosen], about=about)


def unpromise(pieces: int, *records: StockRecord, about: str = "order:100999") -> None:
    """Take that back."""
    chosen = records or StockRecord.objects.order_by("pk")
    assert ledger.release([(r.pk, pieces, "test") for r in chosen], about=about) == []


def levels(record: Any) -> tuple[int, int]:
    """Return what is on the shelf and promised, having seen that the ledger says the same."""
    now = StockRecord.objects.get(pk=record.pk)
    rows = StockMovement.objects.filter(stockrecord=record.pk)
    sums = rows.aggregate(shelf=Sum("shelf_change"), promised=Sum("promised_change"))
    assert (now.num_in_stock or 0, now.num_allocated or 0) == (
        sums["shelf"] or 0,
        sums["promised"] or 0,
    )
    return now.num_in_stock or 0, now.num_allocated or 0
