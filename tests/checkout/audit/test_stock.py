"""Stock that differs from orders or from the ledger."""

from typing import Any

import pytest

from catalog.partner.models import StockRecord
from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from tests.checkout.audit.helpers import breaches, ship, sql, unchecked
from tests.stripe_double.control import Double

COUNT = "Count the stock, correct the stock record, and check its history for the cause."


@pytest.fixture
def record(paid: Any) -> StockRecord:
    """Five Butterflies on hand, two of them committed to an order."""
    paid()
    return StockRecord.objects.order_by("pk")[0]


def test_committed_stock_without_an_order_is_a_breach(record: StockRecord):
    sql("UPDATE partner_stockrecord SET num_allocated = 3 WHERE id = %s", record.pk)
    record.movements.create(type="sale", committed_change=1)
    assert breaches() == [f"SKU {record.partner_sku}: Committed: 3; reserved by orders: 2. {COUNT}"]


def test_stock_that_differs_from_the_ledger_is_a_breach(record: StockRecord):
    sql("UPDATE partner_stockrecord SET num_in_stock = 6 WHERE id = %s", record.pk)
    assert breaches() == [
        f"SKU {record.partner_sku}: On hand: 6; committed: 2. Its stock "
        f"movements add up to 5 and 2. {COUNT}"
    ]


def test_oversold_stock_is_a_breach(record: StockRecord):
    with unchecked("partner_stockrecord", "never_oversold"):
        sql("UPDATE partner_stockrecord SET num_in_stock = 1 WHERE id = %s", record.pk)
        record.movements.create(type="count", on_hand_change=-4)
        assert breaches() == [
            f"SKU {record.partner_sku}: On hand: 1; committed: 2; available: -1. "
            "Count the stock. Reorder, or cancel an order that cannot ship."
        ]
        sql("UPDATE partner_stockrecord SET backorder = %s WHERE id = %s", True, record.pk)
        assert breaches() == []


def test_cancelled_order_with_reserved_stock_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    cancel_order(order=order, reason="Sold out.", by=None)
    line = order.lines.order_by("pk")[0]
    sql("UPDATE order_line SET num_allocated = 1 WHERE id = %s", line.pk)
    assert breaches() == [
        f"order {order.number}: It is cancelled, but still reserves 1 of {line.partner_sku}. "
        f"{COUNT}"
    ]


def test_open_order_with_missing_reservation_is_a_breach(paid: Any, stripe_double: Double):
    order: Order = paid()
    ship(order, 1)
    line = order.lines.order_by("pk")[0]
    assert breaches() == []
    sql("UPDATE order_line SET num_allocated = 0 WHERE id = %s", line.pk)
    assert breaches() == [
        f"SKU {line.partner_sku}: Committed: 1; reserved by orders: 0. {COUNT}",
        (f"order {order.number}: {line.partner_sku}: 0 reserved, but 1 left to ship. {COUNT}"),
    ]


def test_untracked_product_needs_no_reservation(paid: Any, product: Any, cart: Any):
    plane = product()
    plane.product_class.track_stock = False
    plane.product_class.save()
    order = paid(cart((plane, 2)))
    assert [line.num_allocated for line in order.lines.all()] == [0]
    assert breaches() == []
