"""Orders while the shop is away: shipped, held or blocked, when the order is placed."""

from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings

from catalog.away.models import AwayRule
from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.order.errors import BlockedWhileAway, CartChanged, EarlyChargeNotAgreed
from checkout.order.links import status_url
from checkout.order.models import Order
from checkout.order.order_summary import order_summary
from checkout.placement.services import place_order
from policies.opening import holiday_import
from policies.opening.models import AwayPeriod
from tests.checkout.conftest import quote_for
from tests.checkout.factories import make_product
from tests.checkout.shopper import ANSWERS, add_to_cart, checkout_form, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

HELD = "arrives between Thu 6 and Fri 14 May 2027"
CONSENT = (
    "Hold my order and charge my card in full now: we are away, and Butterfly will ship after we "
    "reopen on Monday, May 3, 2027. Until the first shipment leaves, I can cancel my order free "
    "of charge and get a full refund."
)


@pytest.fixture(autouse=True)
def away(time_machine, shop) -> AwayPeriod:
    time_machine.move_to("2027-03-01 16:00:00Z", tick=False)  # a Monday, 10:00 in Saskatoon
    holiday_import.fill()
    return AwayPeriod.objects.create(
        starts_on=date(2027, 2, 1), reopens_on=date(2027, 5, 1), text="Closed for the winter."
    )


@pytest.mark.promise("away-hold")
def test_order_is_held_with_the_consent_and_the_later_date(order, client) -> None:
    made = order(early_charge=True)
    assert (made.on_hold, made.early_charge_text) == (True, CONSENT)
    assert made.early_charge_agreed_at is not None
    assert (made.ships_by, made.arrives_by) == (date(2027, 5, 5), date(2027, 5, 14))
    line = made.lines.get()
    assert (line.held, line.arrives_from) == (True, date(2027, 5, 6))
    Order.objects.update(status="placed")
    made.refresh_from_db()
    assert order_summary(made)["lines"][0].note == f"Waits until we reopen, {HELD}"
    page = text(client.get(status_url(made).removeprefix(settings.SITE_URL)))
    assert "We are away. Your order is first in line when we reopen" in page
    assert "We are packing your order" not in page


# Mutation: without the text in the quote, the order was placed and not held.
@pytest.mark.promise("away-hold")
def test_order_without_the_consent_is_rejected(order) -> None:
    with pytest.raises(EarlyChargeNotAgreed):
        order()
    assert not Order.objects.exists()
    assert StockRecord.objects.get().num_allocated in (None, 0)
    assert Basket.objects.get().status == "Open"


# Mutation: with the check in the cart only, the order was placed.
@pytest.mark.promise("away-hold")
def test_blocked_product_is_rejected_when_the_order_is_placed(cart, product, details) -> None:
    plane = product()
    basket = cart(plane, product("Rod"))
    shown = quote_for(basket, details)
    AwayRule.objects.create(product=plane, handling="block")
    with pytest.raises(BlockedWhileAway) as error:
        place_order(
            basket=basket,
            details=replace(details, early_charge=True),
            fingerprint=shown.fingerprint,
        )
    assert str(error.value) == (
        "Butterfly cannot be ordered until we reopen on Monday, May 3, 2027. Remove it from your "
        "cart to order the rest. Nothing was charged."
    )
    assert not Order.objects.exists()
    assert not StockRecord.objects.filter(num_allocated__gt=0).exists()


def test_product_that_ships_while_away_needs_no_consent(order) -> None:
    AwayRule.objects.create(handling="ship")
    made = order()
    assert (made.on_hold, made.early_charge_text) == (False, "")
    assert (made.arrives_by, made.lines.get().held) == (date(2027, 3, 12), False)


def test_mixed_order_holds_only_what_waits(cart, product, order) -> None:
    rod = product("Rod")
    AwayRule.objects.create(product=rod, handling="ship")
    made = order(product(), rod, early_charge=True)
    assert (made.on_hold, order_summary(made)["waits"]) == (True, False)
    assert list(made.lines.order_by("pk").values_list("held", flat=True)) == [True, False]
    Order.objects.update(status="placed")
    assert set(Order.objects.to_ship()) == {made}
    made.lines.filter(held=False).update(status="shipped")
    assert not Order.objects.to_ship().exists()


def test_period_that_began_since_the_quote_shows_the_box_first(
    cart, product, details, away
) -> None:
    AwayPeriod.objects.update(active=False)
    basket = cart(product())
    shown = quote_for(basket, details)
    AwayPeriod.objects.update(active=True)
    with pytest.raises(CartChanged) as change:
        place_order(basket=basket, details=details, fingerprint=shown.fingerprint)
    assert change.value.quote.early_charge == CONSENT
    assert not Order.objects.exists()


SOON = (
    "Hold my order and charge my card in full now: we are away from Monday, February 1, 2027, and "
    "Butterfly will ship after we reopen on Monday, May 3, 2027. Until the first shipment leaves, "
    "I can cancel my order free of charge and get a full refund."
)


# Mutation: with `away_on(today)` only, the order was placed without the consent.
@pytest.mark.promise("away-hold")
@pytest.mark.parametrize(
    ("now", "ships_by"),
    [
        ("2027-01-29 16:00Z", date(2027, 5, 4)),  # the Friday before: it ships by Tuesday
        ("2027-01-30 16:00Z", date(2027, 5, 5)),  # the Saturday
    ],
)
def test_period_that_begins_before_it_ships_needs_the_consent(
    order, time_machine, now, ships_by
) -> None:
    time_machine.move_to(now, tick=False)
    with pytest.raises(EarlyChargeNotAgreed):
        order()
    assert not Order.objects.exists()
    made = order(early_charge=True)
    assert (made.on_hold, made.early_charge_text) == (False, SOON)
    assert (made.lines.get().held, made.ships_by) == (True, ships_by)


def test_order_that_ships_before_the_period_needs_no_consent(order, time_machine) -> None:
    time_machine.move_to("2027-01-27 16:00Z", tick=False)  # ships by Friday
    made = order()
    assert (made.early_charge_text, made.ships_by) == ("", date(2027, 1, 29))
    assert not made.lines.get().held


def test_backorder_that_comes_during_a_later_period_waits_for_its_end(
    order, product, time_machine
) -> None:
    time_machine.move_to("2026-12-01 16:00Z", tick=False)
    plane = product(stock=0)
    StockRecord.objects.filter(product=plane).update(backorder=True, expected_on=date(2027, 2, 16))
    made = order(plane, early_charge=True)
    assert (made.early_charge_text, made.ships_by) == (SOON, date(2027, 5, 5))


def test_blocked_product_is_sold_and_held_before_the_period(order, product, time_machine) -> None:
    time_machine.move_to("2027-01-30 16:00Z", tick=False)
    AwayRule.objects.create(handling="block")
    assert order(early_charge=True).lines.get().held
    time_machine.move_to("2027-02-01 06:00Z", tick=False)  # midnight
    with pytest.raises(BlockedWhileAway):
        order(product("Moth"), early_charge=True)
    assert Order.objects.count() == 1


@pytest.mark.promise("away-hold")
def test_cart_and_checkout_show_what_waits(client, product, accepted) -> None:
    rod = make_product("Carbon Rod", price="49.00")
    AwayRule.objects.create(product=rod, handling="ship")
    for each in (rod, product()):
        add_to_cart(client, each)
    cart = text(client.get("/cart/"))
    assert cart.count("Waits until we reopen, arrives between") == 1
    assert "Save them for a separate order" in cart
    quote = text(client.post("/checkout/quote/", ANSWERS))
    assert f"Waits until we reopen, {HELD}" in quote
    assert "we are away, and Butterfly will ship after we reopen on Monday, May 3, 2027" in quote


def test_blocked_line_stops_the_cart(client, product, accepted) -> None:
    plane = product()
    add_to_cart(client, plane)
    form = checkout_form(client)
    AwayRule.objects.create(product=plane, handling="block")
    page = text(client.get("/cart/"))
    assert "Cannot be ordered while we are away" in page
    assert "Fix the highlighted items to continue." in page
    rejected = client.post("/checkout/pay/", form | {"confirmation_token": "ctoken_x"})
    assert rejected.status_code in (409, 422)
    assert not Order.objects.exists()


@pytest.mark.promise("away-notice")
@pytest.mark.parametrize("path", ["/", "/cart/", "/contact/"])
def test_notice_is_on_every_page(client, path) -> None:
    assert "Closed for the winter. We reopen on Monday, May 3, 2027." in text(client.get(path))


@pytest.mark.promise("away-notice")
def test_notice_is_on_product_and_checkout_pages(client, product, accepted) -> None:
    plane = product()
    add_to_cart(client, plane)
    for path in (plane.get_absolute_url(), "/checkout/"):
        assert "We reopen on Monday, May 3, 2027." in text(client.get(path))
