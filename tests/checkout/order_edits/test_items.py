"""Items that staff add to an order or remove from it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.mail.models import Message
from checkout.fulfilment.services import cancel_order
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.settlement.reconcile import expire_orders
from tests.checkout.audit.helpers import breaches, ship
from tests.checkout.conftest import transactions
from tests.checkout.fulfilment.helpers import action_url
from tests.checkout.order_edits.steps import (
    accept_and_pay,
    edit,
    page_of,
    preview,
    state_of,
    stock_of,
)
from tests.checkout.payments import end_payment_window, fresh
from tests.stripe_double.control import Double

pytestmark = pytest.mark.django_db


@pytest.fixture
def dragonfly(product: Any) -> str:
    """The SKU of a product for 10.00 CAD, of which 4 are on hand."""
    made = product("Dragonfly", price="10.00", stock=4)
    return str(made.stockrecords.get().partner_sku)


@pytest.fixture
def added(staff: Client, paid: Order, dragonfly: str) -> Order:
    """Two Dragonflies, added to the paid order: 20.00 + 1.00 GST + 1.20 PST, no more shipping."""
    edit(staff, paid, "edit-items", sku_0=dragonfly.lower(), quantity_0="2")
    return Order.objects.get(adds_to=paid)


def test_added_items_are_an_order_that_waits_for_its_payment(
    staff: Client, paid: Order, added: Order, accepted: Any, stripe_double: Double
):
    assert (added.status, added.total_incl_tax) == ("pending", Decimal("22.20"))
    assert added.shipping_excl_tax == Decimal("0.00")
    assert added.shipping_address.line1 == "12 Elm Street"
    assert stock_of("Dragonfly") == (4, 2)
    assert fresh(paid).total_incl_tax == Decimal("145.84")
    assert Message.objects.get(email_type="order-quote").recipient == "dana@example.com"
    with pytest.raises(OrderActionError, match=f"payment of order {added.number}, which was added"):
        ship(paid, 2, 1)
    assert not Order.objects.to_ship().filter(pk=paid.pk).exists()
    assert breaches() == []
    accept_and_pay(added, accepted, stripe_double)
    assert Order.objects.to_ship().count() == 2
    ship(fresh(paid), 2, 1)
    ship(fresh(added), 2)
    assert transactions(added) == [("authorize", 2220), ("capture", 2220)]
    assert stock_of("Dragonfly") == (2, 0)
    assert breaches() == []


def test_plan_says_price_stock_link_and_hold(staff: Client, paid: Order, dragonfly: str):
    before = state_of(paid)
    shown = preview(staff, paid, "edit-items", sku_0="dragonf", quantity_0="2")
    assert "Add 2 × Dragonfly at $10.00: in stock, reserved now." in shown
    assert "Shipping: $0.00 more. Taxes: $2.20." in shown
    assert "dana@example.com gets a link to pay $22.20 until the end of" in shown
    assert state_of(paid) == before


def test_expired_link_releases_the_items_and_the_order(
    paid: Order, added: Order, stripe_double: Double
):
    end_payment_window(added)
    expire_orders()
    assert fresh(added).status == "expired"
    assert stock_of("Dragonfly") == (4, 0)
    ship(fresh(paid), 2, 1)
    assert breaches() == []


def test_cancelled_addition_releases_the_order(paid: Order, added: Order, stripe_double: Double):
    cancel_order(order=added, reason="Changed my mind", by=None)
    ship(fresh(paid), 2, 1)
    assert breaches() == []


def test_more_units_of_a_line_are_added_and_fewer_are_not_captured(
    staff: Client, paid: Order, stripe_double: Double
):
    butterfly, ladybird = paid.lines.order_by("pk")
    edit(staff, paid, "edit-items", **{f"line_{ladybird.pk}": "2"})
    line = Order.objects.get(adds_to=paid).lines.get()
    assert (line.title, line.quantity) == ("Ladybird", 1)
    cancel_order(order=line.order, reason="No", by=None)
    shown = preview(staff, paid, "edit-items", **{f"line_{butterfly.pk}": "1"})
    assert "Remove 1 × Butterfly: the units go back on sale." in shown
    assert "$55.45, taxes included, is not captured: $90.39 instead of $145.84." in shown
    edit(staff, paid, "edit-items", **{f"line_{butterfly.pk}": "1"})
    assert stock_of("Butterfly") == (5, 1)
    ship(fresh(paid), 1, 1)
    assert transactions(paid) == [("authorize", 14584), ("capture", 9039)]
    assert breaches() == []


def test_bad_items_change_nothing(staff: Client, paid: Order, dragonfly: str, product: Any):
    product("Dragonfly XL")
    before = state_of(paid)
    line = paid.lines.order_by("pk")[0]
    for message, data in (
        ("Change a quantity, or add a product.", {}),
        ("No product on sale has this SKU or name.", {"sku_0": "nonsense\u202e"}),
        ("Several products: enter a SKU", {"sku_0": "dragon"}),
        ("Dragonfly: ", {"sku_0": dragonfly, "quantity_0": "5"}),
        ("Add and remove in two steps", {"sku_0": dragonfly, f"line_{line.pk}": "0"}),
        ("Choose a day from today until", {"sku_0": dragonfly, "valid_until": "2020-01-01"}),
        ("Null characters are not allowed.", {"sku_0": "a\0"}),
    ):  # fmt: skip
        shown = preview(staff, paid, "edit-items", **data)
        assert message in shown, (message, data)
    assert state_of(paid) == before


def test_nothing_is_added_to_an_addition(
    staff: Client, added: Order, accepted: Any, stripe_double: Double, dragonfly: str
):
    accept_and_pay(added, accepted, stripe_double)
    shown = preview(staff, fresh(added), "edit-items", sku_0=dragonfly)
    assert "Nothing can be added to this order. Create a new order." in shown


@pytest.mark.parametrize("is_paid", [False, True])
def test_cancelling_cancels_what_was_added(
    staff: Client, paid: Order, added: Order, accepted: Any, stripe_double: Double, is_paid: bool
):
    if is_paid:
        accept_and_pay(added, accepted, stripe_double)
    url = action_url(paid, "cancel")
    page = staff.get(url)
    ending = "its payment of $22.20 is" if is_paid else "the link to pay $22.20 stops"
    assert f"Order {added.number}, which ships with it, is cancelled, too: {ending}" in page_of(
        page
    )
    data = {"reason": "Changed my mind", "once": "1", "seen": ""}
    assert "The order has changed" in page_of(staff.post(url, data))
    assert fresh(paid).status == "placed"
    data["seen"] = page.context["form"]["seen"].value()
    staff.post(url, data)
    assert (fresh(paid).status, fresh(added).status) == ("cancelled", "cancelled")
    assert stock_of("Dragonfly") == (4, 0)
    assert transactions(added) == ([("authorize", 2220), ("void", 2220)] if is_paid else [])
    assert breaches() == []
