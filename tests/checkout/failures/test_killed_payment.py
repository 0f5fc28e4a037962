"""The server that handles a payment is killed at every step; no money or stock is lost."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from checkout.basket.models import Basket
from checkout.order.models import Order
from checkout.pages.basket_middleware import cookie_value
from tests.checkout.conftest import needs_postgres, token, transactions
from tests.checkout.factories import make_product
from tests.checkout.failures.killed_process import every_step
from tests.checkout.failures.recovery import (
    allocated_units,
    emails_to_shopper,
    intent_states,
    run_jobs,
    stock_levels,
)
from tests.checkout.shopper import PAY, add_to_cart, checkout_form, text
from tests.stripe_double.control import Double

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rates"),
]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


class Buyer:
    """A browser on the checkout page, with one unit in its cart: 67.16 CAD.

    Each has its own network: unpaid orders of one network are limited.
    """

    def __init__(self, basket: Basket, form: dict[str, str], double: Double) -> None:
        self.basket, self.double, self.killed_at = basket, double, ""
        self.browser = Client(REMOTE_ADDR=str(IPv4Address("198.18.0.1") + 256 * basket.pk))
        signed = cookie_value(basket.pk)
        self.browser.cookies["basket"] = signed
        self.form = form | {"cart": signed}

    def fill_in(self, card: str = "pm_card_visa") -> dict[str, Any]:
        return self.form | {"confirmation_token": token(self.double, card)}

    def press_pay(self) -> Any:
        return self.browser.post(PAY, self.fill_in())

    def orders(self) -> list[Order]:
        return list(Order.objects.filter(basket=self.basket))

    def is_charged_once(self) -> None:
        """Check that there is one authorized order with its unit and one email."""
        [order] = self.orders()
        assert (order.status, allocated_units(order)) == ("placed", 1), self.killed_at
        assert intent_states(order, self.double) == ["requires_capture"], self.killed_at
        assert transactions(order) == [("authorize", 6716)], self.killed_at
        assert emails_to_shopper(order) == {"order-confirmed": 1}, self.killed_at

    def is_not_charged(self) -> None:
        """Check that no order, payment or reservation is left, and the cart is unchanged."""
        for order in self.orders():
            assert (order.status, allocated_units(order)) == ("expired", 0), self.killed_at
            assert set(intent_states(order, self.double)) <= {"canceled"}, self.killed_at
            assert transactions(order) == [], self.killed_at
            # an email only if a card was sent and no response came
            assert emails_to_shopper(order) in ({}, {"order-cancelled": 1}), self.killed_at
        assert "Carbon Butterfly" in text(self.browser.get("/cart/")), self.killed_at


@pytest.fixture
def buyers(rates: None, stripe_double: Double, cart: Any) -> Iterator[Buyer]:
    """Buyers whose server is killed during payment, each one step later than the last."""
    product, first = make_product(price="49.00", stock=100), Client()
    add_to_cart(first, product)
    form = checkout_form(first)

    def prepare() -> tuple[Buyer, Any]:
        cache.clear()  # rate limits per IP address
        buyer = Buyer(cart(product), form, stripe_double)
        filled = buyer.fill_in()
        return buyer, lambda: buyer.browser.post(PAY, filled)

    def die() -> Iterator[Buyer]:
        for buyer, buyer.killed_at in every_step(prepare):
            yield buyer

    return die()


def test_returning_shopper_is_charged_once_after_the_server_is_killed(
    buyers: Iterator[Buyer], stripe_double: Double
):
    # Mutation: a new key for each create left a second intent at step 25; before the
    # cart's cookie led to the order, the page was empty from the first COMMIT (step 21) on
    returned = []
    for buyer in buyers:
        shown = text(buyer.browser.get("/checkout/", follow=True))
        wanted = [order.number for order in buyer.orders()] or ["Carbon Butterfly"]
        assert wanted[0] in shown, buyer.killed_at
        assert buyer.press_pay().json()["outcome"] == "placed", buyer.killed_at
        returned.append(buyer)
    run_jobs(stripe_double)
    for buyer in returned:
        buyer.is_charged_once()
    assert len(returned) > 40
    assert len([each for each in stripe_double.charges() if each["paid"]]) == len(returned)
    assert stock_levels() == (100, len(returned))


def test_absent_shopper_has_an_order_or_pays_nothing_after_the_server_is_killed(
    buyers: Iterator[Buyer], stripe_double: Double
):
    # Mutation: without _end_unsent() the order of step 22 kept its stock and the cart
    absent = list(buyers)
    run_jobs(stripe_double)
    charged = [buyer for buyer in absent if any(each.status == "placed" for each in buyer.orders())]
    for buyer in absent:
        if buyer in charged:
            buyer.is_charged_once()
        else:
            buyer.is_not_charged()
    assert 5 < len(charged) < len(absent) - 20
    held = [each for each in stripe_double.intents() if each["status"] == "requires_capture"]
    assert len(held) == len(charged)
    assert stock_levels() == (100, len(charged))
