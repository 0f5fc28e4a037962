"""Unpaid orders: without a card nothing is reserved, and little is for one visitor or network."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.users.models import User
from catalog.partner.models import StockRecord
from checkout.order.errors import CardMissing, TooManyUnpaidOrders
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt
from checkout.payment.stripe_objects import is_confirmation_token
from checkout.placement.services import place_order
from checkout.placement.unpaid_limits import Visitor
from checkout.settlement.reconcile import expire_orders
from checkout.settlement.services import pay
from checkout.shipping.models import ShippingRate
from tests.checkout.conftest import allocated, quote_for, token
from tests.checkout.placement.placed_rows import unchanged
from tests.checkout.shopper import PAY, add_to_cart, checkout_form, press_pay
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

NO_CARD = (
    "Your card details did not reach us. Please enter them and press Pay again. "
    "Nothing was charged."
)
PAY_FIRST = (
    "You have unpaid orders, which reserve items. Please pay or change them first. "
    "Nothing was charged."
)
NETWORK_LIMIT = (
    "There are too many unpaid orders from your network. Please try again in a few minutes, or "
    "order by phone. Nothing was charged."
)


# --- Without a card ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", " ", "ctoken_", "x", "pm_card_visa", "ctoken_1\n", "ctoken_ä", "ctoken_" + 194 * "a"],
)
def test_text_that_is_no_confirmation_token_reserves_nothing(
    client: Client, product: Any, rates: None, text: str
):
    # Mutation: without the check in placement, the answer was 402 and two units were reserved
    add_to_cart(client, product(), 2)
    form, before = checkout_form(client), unchanged()
    response = client.post(PAY, form | {"confirmation_token": text})
    assert (response.status_code, response.json()) == (
        422,
        {"outcome": "invalid", "message": NO_CARD},
    )
    assert unchanged() == before


def test_token_of_stripe_is_a_confirmation_token(stripe_double: Double):
    assert is_confirmation_token(token(stripe_double))


def test_free_order_needs_no_card(product: Any, cart: Any, details: Any, order: Any):
    ShippingRate.objects.update(price=0, free=True)
    basket = cart(product(price="0.00"))
    shown = quote_for(basket, details).fingerprint
    made = place_order(basket=basket, details=details, fingerprint=shown, has_card=False)
    assert (made.total_incl_tax, allocated(made)) == (0, 1)


def test_order_without_a_card_is_rejected(product: Any, cart: Any, details: Any):
    basket = cart(product())
    shown, before = quote_for(basket, details).fingerprint, unchanged()
    with pytest.raises(CardMissing):
        place_order(basket=basket, details=details, fingerprint=shown, has_card=False)
    assert unchanged() == before


# --- Limits --------------------------------------------------------------------------------------


@pytest.fixture
def place(product: Any, cart: Any, details: Any) -> Any:
    """Place an order of some units from an IP address."""
    plane = product(stock=10_000, price="1.00")

    def place(ip: str = "203.0.113.7", units: int = 1, **visitor: Any) -> Order:
        basket = cart((plane, units), owner=visitor.get("user"))
        shown = quote_for(basket, details).fingerprint
        return place_order(basket=basket, details=details, fingerprint=shown, ip=ip, **visitor)

    return place


def _rejected(place: Any, **visitor: Any) -> str:
    before = unchanged()[:-3], allocation()
    with pytest.raises(TooManyUnpaidOrders) as error:
        place(**visitor)
    assert (unchanged()[:-3], allocation()) == before
    return str(error.value)


def allocation() -> int:
    """Return the units that all orders reserve."""
    return StockRecord.objects.get().num_allocated or 0


def test_sixth_unpaid_order_of_an_ip_address_is_rejected(place: Any):
    for _ in range(5):
        place()
    assert _rejected(place) == NETWORK_LIMIT
    place(ip="203.0.113.8")
    place(ip="")  # unknown: not limited


def test_units_of_an_ip_address_are_limited(place: Any):
    place(units=500)
    place(units=250)
    assert _rejected(place, units=1) == NETWORK_LIMIT
    assert allocation() == 750


@pytest.mark.parametrize(
    ("neighbours", "stranger"),
    [
        ([f"203.0.113.{host}" for host in range(20)], "203.0.114.1"),
        ([f"2001:db8:1:2::{host:x}" for host in range(20)], "2001:db8:1:3::1"),
        ([f"::ffff:203.0.113.{host}" for host in range(20)], "2001:db8::1"),
    ],
)
def test_network_is_limited(place: Any, neighbours: list[str], stranger: str):
    for ip in neighbours:
        place(ip=ip)
    assert _rejected(place, ip=neighbours[0][:-1] + "9") == NETWORK_LIMIT
    place(ip=stranger)


def test_account_is_limited_wherever_it_orders(place: Any, alice: User, bob: User):
    for host in range(3):
        place(ip=f"198.51.{host}.1", user=alice)
    assert _rejected(place, ip="192.0.2.1", user=alice) == PAY_FIRST
    place(ip="192.0.2.1", user=bob)


def test_guest_is_limited_by_the_carts_of_unpaid_orders(place: Any):
    carts: list[int] = []
    for host in range(3):
        made = place(ip=f"198.51.{host}.1", unpaid_carts=carts)
        carts.append(made.basket_id)
    assert _rejected(place, ip="192.0.2.1", unpaid_carts=carts) == PAY_FIRST


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("who", "most"), [("network", 5), ("account", 3)])
def test_simultaneous_first_orders_are_counted_one_after_another(
    needs_postgres: None, product: Any, cart: Any, details: Any, alice: User, who: str, most: int
):
    # Mutation: without lock_names(), all ten orders were placed
    plane, user = product(stock=100), alice if who == "account" else None
    jobs = []
    for host in range(10):
        basket = cart(plane, owner=user)
        order = {"basket": basket, "details": details, "user": user}
        order |= {"fingerprint": quote_for(basket, details).fingerprint}
        order["ip"] = f"198.51.{host}.1" if user else "203.0.113.7"
        jobs.append(lambda order=order: place_order(**order))
    results = run_concurrently(*jobs)
    rejected = [each for each in results if not isinstance(each, Order)]
    assert [type(each) for each in rejected] == [TooManyUnpaidOrders] * (10 - most)
    assert (Order.objects.count(), allocation()) == (most, most)


def test_paid_order_no_longer_counts_and_its_address_is_deleted(place: Any, stripe_double: Double):
    orders = [place() for _ in range(5)]
    assert {each.network for each in orders} == {"203.0.113.0/24"}
    pay(order=orders[0], confirmation_token=token(stripe_double))
    paid = Order.objects.get(pk=orders[0].pk)
    assert (paid.status, paid.ip_key, paid.network) == ("placed", "", "")
    place()
    assert _rejected(place) == NETWORK_LIMIT


def test_ip_address_is_stored_as_a_keyed_hash_only(place: Any):
    made = place()
    assert made.ip_key == Visitor(ip="203.0.113.7").ip_key
    assert "203.0.113.7" not in str(Order.objects.filter(pk=made.pk).values().get())


def test_page_says_why_with_429(client: Client, product: Any, rates: None, stripe_double: Double):
    plane = product(stock=50)
    for _ in range(3):
        add_to_cart(client, plane)
        form, card = checkout_form(client), "pm_card_visa_chargeDeclined"
        assert press_pay(client, form, stripe_double, card).status_code == 402
    add_to_cart(client, plane)
    reserved = allocation()
    response = press_pay(client, checkout_form(client), stripe_double)
    assert (response.status_code, response.json()["message"]) == (429, PAY_FIRST)
    assert (allocation(), Order.objects.count()) == (reserved, 3)


# --- The reservation window ----------------------------------------------------------------------


def _minutes_reserved(order: Order) -> float:
    attempt = PaymentAttempt.objects.get(order=order)
    return (attempt.expires_at - order.date_placed) / timedelta(minutes=1)


def test_order_without_a_tried_card_expires_after_10_minutes(
    order: Any, stripe_double: Double, time_machine: Any
):
    made = order()
    assert _minutes_reserved(made) == 10
    pay(order=made, confirmation_token="ctoken_unknown")  # Stripe knows no such card
    assert _minutes_reserved(made) == 10
    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    expire_orders()
    assert (Order.objects.get().status, allocated(made)) == ("expired", 0)


@pytest.mark.parametrize("card", ["pm_card_visa_chargeDeclined", "pm_card_threeDSecure2Required"])
def test_tried_card_extends_the_reservation_to_30_minutes(
    order: Any, stripe_double: Double, card: str
):
    made = order()
    pay(order=made, confirmation_token=token(stripe_double, card))
    assert (Order.objects.get().status, _minutes_reserved(made)) == ("pending", 30)


def test_lost_answer_extends_the_reservation_to_30_minutes(order: Any, stripe_double: Double):
    made = order()
    stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    assert _minutes_reserved(made) == 30
