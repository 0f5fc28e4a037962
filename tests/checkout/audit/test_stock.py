"""Stock that is not what orders hold, what the ledger explains, or what can be."""

from typing import Any

import pytest

from catalog.partner.models import StockRecord
from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from tests.checkout.audit.conftest import ship
from tests.checkout.audit.running import breaches, sql, unchecked
from tests.stripe_double.control import Double

COUNT = "Count the shelf, correct the record, and see in its movements when they parted."


@pytest.fixture
def record(paid: Any) -> StockRecord:
    """Five Butterflies, of which a placed order holds two."""
    paid()
    return StockRecord.objects.order_by("pk")[0]


def test_pieces_promised_to_nobody_are_a_breach(record: StockRecord):
    sql("UPDATE partner_stockrecord SET num_allocated = 3 WHERE id = %s", record.pk)
    record.movements.create(type="sale", committed_change=1)
    assert breaches() == [
        f"SKU {record.partner_sku}: 3 pieces are promised, and orders hold 2. {COUNT}"
    ]


def test_pieces_that_the_ledger_does_not_explain_are_a_breach(record: StockRecord):
    sql("UPDATE partner_stockrecord SET num_in_stock = 6 WHERE id = %s", record.pk)
    assert breaches() == [
        f"SKU {record.partner_sku}: 6 pieces are counted and 2 promised; its movements say "
        f"5 and 2. {COUNT}"
    ]


def test_more_promised_than_there_are_is_a_breach(record: StockRecord):
    with unchecked("partner_stockrecord", "never_oversold", "allocated_not_negative"):
        sql("UPDATE partner_stockrecord SET num_in_stock = 1 WHERE id = %s", record.pk)
        record.movements.create(type="count", on_hand_change=-4)
        assert breaches() == [
            f"SKU {record.partner_sku}: 1 pieces are counted and 2 promised: -1 free. "
            "Count the shelf; order more, or cancel an order that cannot be served."
        ]
        sql("UPDATE partner_stockrecord SET backorder = %s WHERE id = %s", True, record.pk)
        assert breaches() == []


def test_a_cancelled_order_that_holds_stock_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    cancel_order(order=order, reason="Sold out.", by=None)
    line = order.lines.order_by("pk")[0]
    sql("UPDATE order_line SET num_allocated = 1 WHERE id = %s", line.pk)
    assert breaches() == [
        f"order {order.number}: It is cancelled, and still holds 1 of {line.partner_sku}. {COUNT}"
    ]


def test_a_living_order_that_holds_too_little_is_a_breach(paid: Any, stripe_double: Double):
    order: Order = paid()
    ship(order, 1)
    line = order.lines.order_by("pk")[0]
    assert breaches() == []
    sql("UPDATE order_line SET num_allocated = 0 WHERE id = %s", line.pk)
    assert breaches() == [
        f"SKU {line.partner_sku}: 1 pieces are promised, and orders hold 0. {COUNT}",
        f"order {order.number}: It holds 0 of {line.partner_sku}, and 1 are still to ship. {COUNT}",
    ]


def test_an_order_of_what_is_not_counted_holds_nothing(paid: Any, product: Any, cart: Any):
    plane = product()
    plane.product_class.track_stock = False
    plane.product_class.save()
    order = paid(cart((plane, 2)))
    assert [line.num_allocated for line in order.lines.all()] == [0]
    assert breaches() == []
