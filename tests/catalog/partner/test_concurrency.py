"""Concurrent changes of stock, on real connections."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from catalog.partner import ledger
from catalog.partner.models import StockMovement, StockRecord
from tests.catalog import factories, stock
from tests.concurrency import run_behind, run_concurrently

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def record(needs_postgres: None, db: None) -> StockRecord:
    """Ten on hand."""
    return factories.product("Butterfly", sku="MF-B", stock=10, pictures=0).stockrecords.get()


# Mutation: with `_lock` reading without a lock, a second thread also found no earlier movement
# and failed at the constraint a_form_acts_once.
def test_form_submitted_six_times_at_once_is_recorded_once(record: StockRecord) -> None:
    send = lambda: ledger.receive(record.pk, 5, by=None, key="sheet-1")  # noqa: E731
    assert run_concurrently(*[send] * 6) == [None] * 6
    assert stock.levels(record) == (15, 0)
    assert StockMovement.objects.filter(key="sheet-1").count() == 1


# Mutation: with `_lock` reading without a lock, both found 10 and took 2 away each.
def test_second_of_two_concurrent_counts_is_rejected(record: StockRecord) -> None:
    results = run_concurrently(
        lambda: ledger.count(record.pk, 8, seen=10, by=None),
        lambda: ledger.count(record.pk, 8, seen=10, by=None),
    )
    assert sorted(str(one) for one in results)[0] == "-2"
    assert [type(one) for one in results].count(ledger.StockChanged) == 1
    assert stock.levels(record) == (8, 0)


def test_concurrent_orders_receipts_and_shipments_add_up(record: StockRecord) -> None:
    stock.commit(4, record)

    def order(number: int) -> Any:
        return lambda: ledger.reserve([(record.pk, 2, "B")], reference=f"order:{number}")

    results = run_concurrently(
        *[order(number) for number in range(100100, 100106)],
        lambda: ledger.ship(record.pk, 4, reference="order:100999", by=None),
        lambda: ledger.receive(record.pk, 3, by=None),
    )
    sold = results[:6].count(None)
    assert results[6:] == [None, None]
    assert sold in (3, 4)  # the receipt comes before or after the fourth order
    assert [type(one) for one in results[:6]].count(ledger.InsufficientStock) == 6 - sold
    assert stock.levels(record) == (9, 2 * sold)


@pytest.mark.parametrize(
    ("columns", "price"),
    [({"regular_price": "12.00"}, "8.00"), ({"sale_price": None}, "10.00"),
     ({"sale_price": "7.00"}, "7.00")],
)  # fmt: skip
def test_price_changed_while_its_sale_starts_is_the_one_in_effect(
    record: StockRecord, columns: dict[str, Any], price: str
) -> None:
    today, rows = timezone.localdate(), StockRecord.objects.filter(pk=record.pk)
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        rows.update(sale_price="8.00", sale_from=today)
    record = rows.get()
    assert record.price == Decimal("10.00")
    for name, value in columns.items():
        setattr(record, name, value)
    results = run_behind(rows, lambda: rows.all().apply_sales(today), record.save)
    assert results == [[record.product_id], None]
    assert rows.get().price == Decimal(price)
