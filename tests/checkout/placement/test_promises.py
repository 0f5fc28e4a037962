"""The dates that checkout promises: in the quote, on pages, and frozen on the order."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from catalog.partner.models import StockRecord
from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.order.order_summary import order_summary
from checkout.shipping.models import ShippingRule
from policies.opening import holiday_import
from tests.checkout.conftest import quote_for
from tests.checkout.factories import make_product
from tests.checkout.shopper import ANSWERS, add_to_cart, text
from tests.sourced import SOURCED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]
IN_STOCK = "arrives between Fri 4 and Mon 14 December"  # ca-parcel: 3 to 7 business days
LATE = "arrives between Fri 19 February and Mon 1 March 2027"


@pytest.fixture(autouse=True)
def _december(time_machine, shop) -> None:
    time_machine.move_to("2026-12-01 16:00:00Z", tick=False)  # a Tuesday, 10:00 in Saskatoon
    holiday_import.fill()


def late(product, **more):
    return product("Late", stock=0, backorder=True, expected_on=date(2027, 2, 13), **more)


def test_quote_promises_dates_by_line(cart, product, details) -> None:
    promises = quote_for(cart(product(), late(product)), details).promises
    assert [str(each.dates) for each in promises.lines] == [IN_STOCK, LATE]
    assert (str(promises.first), promises.is_mixed) == (IN_STOCK, True)
    whole = promises.whole.columns
    assert whole == {
        "ships_by": date(2027, 2, 18),
        "arrives_from": date(2026, 12, 4),
        "arrives_by": date(2027, 3, 1),
    }


@pytest.mark.parametrize("expected_on", [None, date(2026, 11, 30)])
def test_backorder_without_a_future_date_promises_none(cart, product, details, expected_on) -> None:
    wanted = product(stock=0, backorder=True, expected_on=expected_on)
    promises = quote_for(cart(wanted), details).promises
    assert str(promises.lines[0]) == "On backorder, no date known yet"
    assert set(promises.whole.columns.values()) == {None}


def test_more_units_than_in_stock_ship_late(cart, product, details) -> None:
    wanted = product(stock=1, backorder=True, expected_on=date(2027, 2, 13))
    assert str(quote_for(cart((wanted, 2)), details).promises.lines[0]) == f"On backorder, {LATE}"


# Mutation: without the columns in _line(), the dates moved with the stock record.
@pytest.mark.promise("arrival-dates")
def test_promised_dates_are_frozen_on_order_and_lines(cart, product, order) -> None:
    made = order(product(), late(product), early_charge=True)
    StockRecord.objects.update(expected_on=date(2027, 6, 1))
    made.refresh_from_db()
    assert (made.ships_by, made.arrives_by) == (date(2027, 2, 18), date(2027, 3, 1))
    first, second = made.lines.order_by("pk")
    assert (first.ships_by, first.arrives_from) == (date(2026, 12, 3), date(2026, 12, 4))
    assert (second.ships_by, second.arrives_by) == (date(2027, 2, 18), date(2027, 3, 1))


def test_backordered_line_shows_its_date_with_the_year(product, order) -> None:
    made = order(late(product), early_charge=True)
    [line] = order_summary(made)["lines"]
    assert line.note == f"On backorder, expected on February 13, 2027, {LATE}"


def test_arrival_is_that_of_the_items_that_are_left(product, order) -> None:
    made = order(product(), late(product), early_charge=True)
    assert str(order_summary(made)["arrival"]) != IN_STOCK
    made.lines.filter(ships_by=date(2027, 2, 18)).update(cancelled=1)
    assert str(order_summary(made)["arrival"]) == IN_STOCK


def test_order_email_and_page_state_the_dates(client, product, order) -> None:
    made = order(product())
    Order.objects.update(status="placed")
    made.refresh_from_db()
    assert str(order_summary(made)["arrival"]) == IN_STOCK
    page = text(client.get(reverse("orders:status", args=[made.number, status_token(made)])))
    assert f"Your order {IN_STOCK}." in page


@pytest.mark.promise("arrival-dates")
def test_checkout_and_cart_state_the_dates(client, product, accepted) -> None:
    add_to_cart(client, make_product(price="49.00"))
    add_to_cart(client, late(product))
    cart = text(client.get("/cart/"))
    assert "Arrives between Mon 22 February and Wed 3 March 2027" in cart  # the cheapest, by letter
    assert "On backorder, expected February 13, 2027" in cart
    assert "Save them for a separate order" in cart
    quote = text(client.post("/checkout/quote/", ANSWERS))
    assert f"On backorder, {LATE}" in quote
    assert "Items in stock: arrives between" in quote
    assert "Split this order" in quote


# Mutation: without `is_mixed`, a late cart was emptied.
def test_split_saves_what_ships_late(client, product) -> None:
    add_to_cart(client, make_product(price="49.00"))
    add_to_cart(client, late(product))
    page = text(client.post("/cart/split/", follow=True))
    assert "Saved for a separate order: Late." in page
    assert "Saved for later" in page
    assert "Save them for a separate order" not in page
    again = text(client.post("/cart/split/", follow=True))
    assert "All items in your cart ship together." in again


def test_cutoff_moves_the_dates_of_a_new_quote(cart, product, details, time_machine) -> None:
    basket = cart(product())
    before = quote_for(basket, details)
    time_machine.shift(timedelta(hours=2))
    after = quote_for(basket, details)
    assert str(after.promises.first) == "arrives between Mon 7 and Tue 15 December"
    assert before.fingerprint == after.fingerprint  # a day later is no reason to stop an order


def suspend(first: date, last: date) -> None:
    ShippingRule.objects.create(
        code="strike", type="suspended", reason="Strike.", starts_on=first, ends_on=last, **SOURCED
    )


def test_coming_suspension_postpones_the_arrival(cart, product, details) -> None:
    """Two of three days are over when the carrier stops; it works again on Friday 11."""
    suspend(date(2026, 12, 3), date(2026, 12, 10))
    promises = quote_for(cart(product()), details).promises
    assert str(promises.whole.dates) == "arrives between Mon 14 and Tue 22 December"


def test_suspended_service_shows_when_a_cart_that_waits_arrives(cart, product, details) -> None:
    suspend(date(2026, 12, 1), date(2026, 12, 10))
    quote = quote_for(cart(product()), details)
    assert quote.shipping.methods == ()
    (parcel,) = (w for w in quote.shipping.answer.waiting if w.service.code == "ca-parcel")
    assert parcel.available_from == date(2026, 12, 11)
    dates = quote.promises.with_method(parcel.service).whole.dates
    assert str(dates) == "arrives between Wed 16 and Tue 22 December"


def test_cart_page_shows_the_dates_after_a_suspension(client, product) -> None:
    suspend(date(2026, 12, 1), date(2026, 12, 10))
    add_to_cart(client, product())
    client.post("/cart/destination/", {"country": "CA"})
    client.post("/cart/destination/", {"country": "CA", "province": "SK"})
    page = text(client.get("/cart/"))
    again = "Expedited Parcel, available again from December 11, 2026"
    assert f"{again}: arrives between Wed 16 and Tue 22 December" in page
