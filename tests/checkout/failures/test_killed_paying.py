"""The server that serves "pay" is killed at every step of it; nobody loses money or goods."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from checkout.basket.models import Basket
from checkout.order.models import Order
from checkout.pages.basket_middleware import cookie_value
from tests.checkout.conftest import books, needs_postgres, token
from tests.checkout.factories import make_product
from tests.checkout.failures.aftermath import beat, held_pieces, letters, money, shelf
from tests.checkout.failures.killing import every_step
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
    """A browser on the checkout page, with one piece in its cart: 67.16 CAD."""

    def __init__(self, basket: Basket, form: dict[str, str], double: Double) -> None:
        self.basket, self.double, self.died_at = basket, double, ""
        self.browser, signed = Client(), cookie_value(basket.pk)
        self.browser.cookies["basket"] = signed
        self.form = form | {"cart": signed}

    def fill_in(self, card: str = "pm_card_visa") -> dict[str, Any]:
        return self.form | {"confirmation_token": token(self.double, card)}

    def press(self) -> Any:
        return self.browser.post(PAY, self.fill_in())

    def orders(self) -> list[Order]:
        return list(Order.objects.filter(basket=self.basket))

    def is_charged_once(self) -> None:
        """One order that holds its money and its piece, told of in one letter."""
        [order] = self.orders()
        assert (order.status, held_pieces(order)) == ("placed", 1), self.died_at
        assert money(order, self.double) == ["requires_capture"], self.died_at
        assert books(order) == [("authorize", 6716)], self.died_at
        assert letters(order) == {"order-received": 1}, self.died_at

    def is_not_charged(self) -> None:
        """No order that lives, no money and no piece held, the cart as it was."""
        for order in self.orders():
            assert (order.status, held_pieces(order)) == ("expired", 0), self.died_at
            assert set(money(order, self.double)) <= {"canceled"}, self.died_at
            assert books(order) == [], self.died_at
            # who sent a card and got no answer is told how it ended; else there is nothing to tell
            assert letters(order) in ({}, {"order-cancelled": 1}), self.died_at
        assert "Carbon Butterfly" in text(self.browser.get("/cart/")), self.died_at


@pytest.fixture
def buyers(rates: None, stripe_double: Double, cart: Any) -> Iterator[Buyer]:
    """Buyers whose server died under their "pay", each one step later than the one before."""
    product, first = make_product(price="49.00", stock=100), Client()
    add_to_cart(first, product)
    form = checkout_form(first)

    def prepare() -> tuple[Buyer, Any]:
        cache.clear()  # the limits of one address
        buyer = Buyer(cart(product), form, stripe_double)
        filled = buyer.fill_in()
        return buyer, lambda: buyer.browser.post(PAY, filled)

    def die() -> Iterator[Buyer]:
        for buyer, buyer.died_at in every_step(prepare):
            yield buyer

    return die()


def test_a_shopper_who_comes_back_after_the_server_died_finds_all_and_is_charged_once(
    buyers: Iterator[Buyer], stripe_double: Double
):
    # Mutation: a new key for each create left a second intent at step 25; before the
    # cart's cookie led to the order, the page was empty from the first COMMIT (step 21) on.
    came = []
    for buyer in buyers:
        shown = text(buyer.browser.get("/checkout/", follow=True))
        wanted = [order.number for order in buyer.orders()] or ["Carbon Butterfly"]
        assert wanted[0] in shown, buyer.died_at
        assert buyer.press().json()["outcome"] == "placed", buyer.died_at
        came.append(buyer)
    beat(stripe_double)
    for buyer in came:
        buyer.is_charged_once()
    assert len(came) > 40
    assert len([each for each in stripe_double.charges() if each["paid"]]) == len(came)
    assert shelf() == (100, len(came))


def test_a_shopper_who_never_returns_after_the_server_died_has_an_order_or_pays_nothing(
    buyers: Iterator[Buyer], stripe_double: Double
):
    # Mutation: without _lapse_unasked() the order of step 22 kept its piece and the cart.
    gone = list(buyers)
    beat(stripe_double)
    charged = [buyer for buyer in gone if any(each.status == "placed" for each in buyer.orders())]
    for buyer in gone:
        if buyer in charged:
            buyer.is_charged_once()
        else:
            buyer.is_not_charged()
    assert 5 < len(charged) < len(gone) - 20
    held = [each for each in stripe_double.intents() if each["status"] == "requires_capture"]
    assert len(held) == len(charged)
    assert shelf() == (100, len(charged))
