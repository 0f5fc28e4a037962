"""An order is never placed for less than its parts add up to, or for what a card cannot pay."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.basket.services import price_basket
from checkout.order import errors
from checkout.payment.models import PaymentAttempt
from checkout.placement.quote import Quote, QuoteDiscount
from checkout.placement.services import place_order
from tests.checkout.audit.helpers import sql, unchecked
from tests.checkout.conftest import quote_for
from tests.checkout.placement.placed_rows import unchanged

PRICE = ("partner_stockrecord", "partner_stockrecord_price_bounds")
HISTORY = ("partner_pricechange", "partner_pricechange_price_bounds")  # a trigger writes it


@pytest.fixture
def quote(product: Any, cart: Any, details: Any) -> Quote:
    """A quote of 2 x 49.95 with GST and PST."""
    return quote_for(cart((product(), 2)), details)


@pytest.mark.parametrize("other_items", [True, False])
def test_negative_price_is_never_ordered(
    product: Any, cart: Any, details: Any, *, other_items: bool
):
    # Mutation: without `adds_up`, the cart with other items was ordered for $34.19
    cheap, plane = product("Sticker", price="50.00"), product()
    basket = cart(plane, plane, cheap) if other_items else cart(cheap)
    with unchecked(*PRICE), unchecked(*HISTORY):
        sql("UPDATE partner_stockrecord SET price = -50 WHERE product_id = %s", cheap.pk)
        basket = Basket.objects.get(pk=basket.pk)
        price_basket(basket, None)
        before, shown = unchanged(), quote_for(basket, details)
        with pytest.raises(errors.WrongSum) as rejected:
            place_order(basket=basket, details=details, fingerprint=shown.fingerprint)
        assert str(rejected.value) == (
            "We cannot calculate the total of this order. Please email or call us. "
            "Nothing was charged."
        )
        assert unchanged() == before
        StockRecord.objects.filter(product=cheap).update(price=50)


def test_quote_adds_up(quote: Quote):
    assert quote.adds_up


@pytest.mark.parametrize(
    "wrong",
    [
        lambda q: {"lines": (replace(q.lines[0], net=q.lines[0].net - 1),)},
        lambda q: {"lines": (replace(q.lines[0], net=q.lines[0].amount + 1),)},
        lambda q: {"discounts": (QuoteDiscount("Gift", Decimal("0.01")),)},
        lambda q: {"shipping": replace(q.shipping, amount=Decimal("-0.01"))},
        lambda q: {"taxes": (replace(q.taxes[0], amount=q.taxes[0].amount - 1),)},
        lambda q: {"taxes": (replace(q.taxes[0], shares=(Decimal("5.57"),)),)},
    ],
)
def test_quote_with_a_wrong_part_does_not_add_up(quote: Quote, wrong: Any):
    assert not replace(quote, **wrong(quote)).adds_up


def test_total_above_the_maximum_of_cards_is_rejected(product: Any, cart: Any, details: Any):
    basket = cart((product(price="99999.99", stock=20), 11))
    before, shown = unchanged(), quote_for(basket, details)
    with pytest.raises(errors.AboveMaximumCharge) as rejected:
        place_order(basket=basket, details=details, fingerprint=shown.fingerprint)
    assert str(rejected.value) == (
        "The maximum for card payments is $999,999.99. For more, email or call us. "
        "Nothing was charged."
    )
    assert unchanged() == before


def test_database_rejects_a_payment_of_an_order_that_does_not_add_up(order: Any):
    if connection.vendor != "postgresql":
        pytest.skip("the trigger is PostgreSQL's")
    made = order()
    attempt = made.attempts.get()
    sql("UPDATE payment_paymentattempt SET state = 'cancelled'")
    attempt.replace()
    sql("UPDATE payment_paymentattempt SET state = 'cancelled'")
    sql("UPDATE order_line SET line_price_excl_tax = line_price_excl_tax - 0.01")
    with pytest.raises(IntegrityError, match="does not add up"), transaction.atomic():
        attempt.replace()
    assert PaymentAttempt.objects.count() == 2
