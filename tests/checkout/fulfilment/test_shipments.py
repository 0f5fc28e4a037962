"""Partial shipments and backordered lines; the oldest order is served first."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from catalog.models import Product
from catalog.partner import ledger
from catalog.partner.models import StockRecord
from checkout.fulfilment.services import cancel_order
from checkout.fulfilment.shipments import create_shipment
from checkout.order.lines import describe, line_progress
from checkout.order.links import status_token
from checkout.order.locking import OrderActionError
from checkout.order.models import Line, Order, ShippingEvent
from checkout.settlement.services import abandon, pay
from tests.checkout.conftest import token, transactions
from tests.stripe_double.control import Double

BEFORE = datetime(2026, 11, 22, 18, tzinfo=UTC)
DUE = date(2026, 12, 3)


@pytest.fixture
def scarce(product: Any) -> Product:
    """Two in stock, more are expected on December 3."""
    return product("Ladybird", price="19.99", stock=2, backorder=True, expected_on=DUE)


@pytest.fixture
def paid(order: Any, cart: Any, stripe_double: Double, settings: Any) -> Any:
    """Place and pay orders: pairs of product and quantity. Authorizations last long enough."""
    settings.CARD_AUTHORIZATION_DAYS = 30

    def make(*wanted: Any) -> Order:
        made = order(basket=cart(*wanted))
        pay(order=made, confirmation_token=token(stripe_double))
        return Order.objects.get(pk=made.pk)

    return make


def ship(order: Order, *units: int, number: str = "CP1") -> ShippingEvent:
    lines = order.lines.order_by("pk").values_list("pk", flat=True)
    quantities = dict(zip(lines, units, strict=False))
    return create_shipment(
        order=order, quantities=quantities, carrier="Canada Post", tracking_number=number, by=None
    )


def states(order: Order) -> tuple[str, list[str]]:
    now = Order.objects.get(pk=order.pk)
    return now.status, [line.status for line in now.lines.order_by("pk")]


def progress(order: Order) -> list[tuple[int, int, int]]:
    """Of each line: units remaining, ready and backordered."""
    return [(each.remaining, each.ready, each.backordered) for each in line_progress(order)]


def page_of(client: Any, order: Order) -> str:
    url = reverse("orders:status", args=[order.number, status_token(order)])
    return client.get(url).content.decode()


def receive(product: Product, count: int) -> None:
    ledger.receive(product.stockrecords.get().pk, count, by=None, reason="Delivery")


# --- States --------------------------------------------------------------------------------------


def test_shipments_update_line_and_order_states(paid: Any, product: Any):
    order = paid((product(stock=5), 2), (product("Moth"), 1))
    assert states(order) == ("placed", ["ordered", "ordered"])
    ship(order, 1, 0)
    assert states(order) == ("part-shipped", ["part-shipped", "ordered"])
    ship(order, 0, 1, number="CP2")
    assert states(order) == ("part-shipped", ["part-shipped", "shipped"])
    ship(order, 1, 0, number="CP3")
    assert states(order) == ("shipped", ["shipped", "shipped"])
    assert [kind for kind, _ in transactions(order)] == ["authorize", "capture"]


def test_cancelled_order_has_cancelled_lines(paid: Any, product: Any):
    order = paid((product(stock=5), 2), (product("Moth"), 1))
    cancel_order(order=order, reason="Sold out", by=None)
    assert states(order) == ("cancelled", ["cancelled", "cancelled"])
    assert [line.cancelled for line in order.lines.order_by("pk")] == [2, 1]


def test_abandoned_order_has_cancelled_lines(order: Any, product: Any):
    made = order(product(stock=5))
    abandon(order=made)
    assert states(made) == ("cancelled", ["cancelled"])


def test_order_is_shipped_when_the_rest_is_cancelled(paid: Any, product: Any):
    order = paid((product(stock=5), 2), (product("Moth"), 1))
    ship(order, 1, 0)
    cancel_order(order=order, reason="Sold out", by=None)
    assert states(order) == ("shipped", ["shipped", "cancelled"])
    before = (states(order), Message.objects.count(), transactions(order))
    cancel_order(order=order, reason="Sold out", by=None)
    assert (states(order), Message.objects.count(), transactions(order)) == before


# --- Backorders ----------------------------------------------------------------------------------


def test_oldest_order_gets_stock_first(paid: Any, scarce: Product):
    first, second, third = paid((scarce, 1)), paid((scarce, 2)), paid((scarce, 1))
    assert [progress(each) for each in (first, second, third)] == [
        [(1, 1, 0)], [(2, 1, 1)], [(1, 0, 1)],
    ]  # fmt: skip
    receive(scarce, 1)
    assert progress(second) == [(2, 2, 0)]
    assert progress(third) == [(1, 0, 1)]
    cancel_order(order=first, reason="Changed their mind", by=None)
    assert progress(third) == [(1, 1, 0)]


def test_newer_order_cannot_ship_stock_of_older_order(paid: Any, scarce: Product):
    # Mutation: without the check of `ready`, it shipped the unit of the older order.
    first, second = paid((scarce, 2)), paid((scarce, 1))
    before = (
        states(second),
        list(StockRecord.objects.values_list("num_in_stock")),
        transactions(second),
    )
    with pytest.raises(OrderActionError, match="Ladybird: only 0 of 1 can ship now"):
        ship(second, 1)
    now = (
        states(second),
        list(StockRecord.objects.values_list("num_in_stock")),
        transactions(second),
    )
    assert now == before
    ship(first, 2)
    receive(scarce, 1)
    ship(second, 1)
    assert states(second) == ("shipped", ["shipped"])


def test_backordered_units_ship_after_stock_is_received(paid: Any, scarce: Product):
    order = paid((scarce, 3))
    with pytest.raises(OrderActionError, match="Ladybird: only 2 of 3 can ship now"):
        ship(order, 3)
    ship(order, 2)
    assert (states(order), progress(order)) == (("part-shipped", ["part-shipped"]), [(1, 0, 1)])
    receive(scarce, 4)
    ship(order, 1, number="CP2")
    assert states(order) == ("shipped", ["shipped"])
    record = scarce.stockrecords.get()
    assert (record.num_in_stock, record.num_allocated) == (3, 0)


def test_querysets_find_shippable_and_backordered_orders(paid: Any, product: Any, scarce: Product):
    both = paid((scarce, 2), (product(stock=5), 1))
    partly = paid((scarce, 1), (product("Moth"), 1))
    waits = paid((scarce, 1))
    done = paid((product("Gnat"), 1))
    ship(done, 1)
    assert set(Order.objects.to_ship()) == {both, partly}
    assert set(Order.objects.backordered()) == {partly, waits}
    assert [line.order_id for line in Line.objects.backordered().order_by("pk")] == [
        partly.pk, waits.pk,
    ]  # fmt: skip
    receive(scarce, 1)
    assert set(Order.objects.backordered()) == {waits}
    both.on_hold = True
    both.save()
    both.lines.update(held=True)
    assert set(Order.objects.to_ship()) == {partly}


# --- Pages and emails ----------------------------------------------------------------------------


@time_machine.travel(BEFORE, tick=False)
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (0, "1 on backorder, expected on December 3, 2026"),
        (2, "2 shipped, 1 on backorder, expected on December 3, 2026"),
    ],
)
def test_line_describes_its_backorder(sent: int, words: str, paid: Any, scarce: Product):
    order = paid((scarce, 3))
    if sent:
        ship(order, sent)
    assert [describe(each) for each in line_progress(order)] == [words]


def test_expected_date_in_the_past_is_not_shown(paid: Any, scarce: Product):
    with time_machine.travel(BEFORE, tick=False):
        paid((scarce, 2))
        order = paid((scarce, 1))
    with time_machine.travel(datetime(2026, 12, 5, 18, tzinfo=UTC), tick=False):
        assert [describe(each) for each in line_progress(order)] == ["On backorder"]


@time_machine.travel(BEFORE, tick=False)
def test_backorder_is_shown_on_order_page_and_in_emails(
    client: Any, paid: Any, product: Any, scarce: Product
):
    order = paid((product(), 1), (scarce, 3))
    page = page_of(client, order)
    assert "1 on backorder, expected on December 3" in page
    assert "We are packing your order." in page
    email = compose(Message.objects.get(email_type="order-confirmed"))
    assert "1 on backorder, expected on December 3" in email.html
    ship(order, 1, 2)
    email = compose(Message.objects.get(email_type="shipment-sent"))
    assert "STILL TO COME\n1 x Ladybird\n    2 shipped, 1 on backorder" in email.text
    assert "Still to come" in email.html


def test_fully_backordered_order_says_so(client: Any, paid: Any, scarce: Product):
    paid((scarce, 2))
    order = paid((scarce, 1))
    page = page_of(client, order)
    assert "Your order is on backorder." in page
    assert "We are packing your order." not in page
