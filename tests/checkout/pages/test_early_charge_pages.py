"""The early charge checkbox on the checkout pages."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.order.links import status_token
from checkout.order.models import Order
from tests.catalog import stock
from tests.checkout.conftest import transactions
from tests.checkout.factories import make_product
from tests.checkout.shopper import ANSWERS, PAY, add_to_cart, checkout_form, hidden, press_pay, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

NOW = "Your card is authorized now and charged when the first shipment leaves."
MISSING = (
    "Check the box to be charged now, or remove what ships late from your cart. "
    "Nothing was charged."
)
ASKED = {"early_charge_shown": "1"}
TICKED = ASKED | {"early_charge": "on"}


def late():
    """An aircraft of 49.00 CAD that is expected in eleven weeks."""
    day = timezone.localdate() + timedelta(weeks=11)
    return make_product(price="49.00", stock=0, backorder=True, expected_on=day)


@pytest.fixture
def buyer(client, stripe_double):
    """A guest with a late aircraft in the cart."""
    add_to_cart(client, late())
    return client


def box(page):
    found = re.search(r'<input[^>]*name="early_charge"[^>]*>', page)
    return found[0] if found else None


def nothing_ordered(double):
    return (
        not Order.objects.exists()
        and double.intents() == []
        and Basket.objects.get().status == "Open"
        and StockRecord.objects.get().num_allocated in (None, 0)
    )


@pytest.mark.promise("early-charge-agreed")
def test_late_order_shows_an_unticked_required_checkbox(buyer):
    page = text(buyer.get("/checkout/"))
    assert 'type="checkbox"' in box(page)
    assert "required" in box(page)
    assert "checked" not in box(page)
    assert "Charge my card in full now, not when my order ships." in page
    assert NOW not in page
    assert box(text(buyer.post("/checkout/quote/", ANSWERS | TICKED))).count("checked") == 0


def test_order_in_stock_has_no_checkbox(client):
    add_to_cart(client, make_product())
    page = text(client.get("/checkout/"))
    assert box(page) is None
    assert NOW in page


@pytest.mark.promise("early-charge-agreed")
@pytest.mark.parametrize("answers", [{}, ASKED, ASKED | {"early_charge": ""}])
def test_late_order_requires_the_checkbox(buyer, stripe_double, answers):
    answer = press_pay(buyer, checkout_form(buyer) | answers, stripe_double)
    assert (answer.status_code, answer.json()) == (
        422, {"outcome": "invalid", "errors": {"early_charge": [MISSING]}},
    )  # fmt: skip
    assert nothing_ordered(stripe_double)


def test_missing_tick_is_reported_with_other_errors(buyer, stripe_double):
    form = checkout_form(buyer) | ASKED | {"email": ""}
    del form["agreed"]
    errors = press_pay(buyer, form, stripe_double).json()["errors"]
    assert list(errors) == ["email", "agreed", "early_charge"]
    checked = buyer.post(PAY, checkout_form(buyer) | ASKED | {"check": "1"})
    assert checked.json()["errors"] == {"early_charge": [MISSING]}
    assert nothing_ordered(stripe_double)


@pytest.mark.promise("early-charge-agreed")
def test_guest_who_ticked_is_charged(buyer, stripe_double):
    page = text(buyer.get("/checkout/"))
    answer = press_pay(buyer, checkout_form(buyer) | TICKED, stripe_double)
    assert answer.json()["outcome"] == "placed"
    order = Order.objects.get()
    assert order.early_charge_text in page.replace("&#x27;", "'")
    assert (order.status, transactions(order)) == (
        "placed",
        [("authorize", 6716), ("capture", 6716)],
    )
    thanks = text(buyer.get("/checkout/thank-you/"))
    assert "Your card is charged $67.16 now, as you agreed." in thanks
    assert "only reserved" not in thanks


def test_account_that_ticked_is_charged(client, alice, stripe_double):
    client.force_login(alice)
    add_to_cart(client, late())
    press_pay(client, checkout_form(client) | TICKED, stripe_double)
    order = Order.objects.get()
    assert (order.user, transactions(order)) == (alice, [("authorize", 6716), ("capture", 6716)])


def test_retry_page_shows_the_agreement_and_charges(buyer, stripe_double):
    declined = press_pay(
        buyer, checkout_form(buyer) | TICKED, stripe_double, "pm_card_visa_chargeDeclined"
    ).json()
    page = text(buyer.get(declined["retry"]))
    assert "Your card is charged in full now." in page
    assert Order.objects.get().early_charge_text in page
    assert press_pay(buyer, {}, stripe_double, path=declined["retry"]).json()["outcome"] == "placed"
    assert transactions(Order.objects.get()) == [("authorize", 6716), ("capture", 6716)]


@pytest.mark.promise("early-charge-agreed", "nothing-unseen")
def test_stock_sold_meanwhile_is_shown_before_ordering(client, stripe_double):
    add_to_cart(client, make_product(price="49.00", stock=1, backorder=True))
    form = checkout_form(client)
    stock.put(0)
    body = press_pay(client, form, stripe_double).json()
    assert body["outcome"] == "changed"
    assert body["changes"] == [
        "Your order ships later than shown: read the text above the card and check the box."
    ]
    assert "checked" not in box(body["html"])
    assert nothing_ordered(stripe_double)
    new_form = form | {name: hidden(body["html"], name) for name in ("fingerprint", "quote")}
    assert press_pay(client, new_form | ASKED, stripe_double).status_code == 422
    assert nothing_ordered(stripe_double)
    assert press_pay(client, new_form | TICKED, stripe_double).json()["outcome"] == "placed"
    assert transactions(Order.objects.get()) == [("authorize", 6716), ("capture", 6716)]


def test_moved_date_clears_the_checkbox(buyer, stripe_double):
    form = checkout_form(buyer) | TICKED
    StockRecord.objects.update(expected_on=timezone.localdate() + timedelta(weeks=9))
    body = press_pay(buyer, form, stripe_double).json()
    assert body["changes"] == [
        "The text above the card has changed: read it again and check the box."
    ]
    assert "checked" not in box(body["html"])
    assert nothing_ordered(stripe_double)


def test_stock_received_meanwhile_removes_the_checkbox(buyer, stripe_double):
    form = checkout_form(buyer) | TICKED
    stock.put(5)
    body = press_pay(buyer, form, stripe_double).json()
    assert body["changes"] == ["Your card is charged when your order ships, not now."]
    assert box(body["html"]) is None
    new_form = form | {"fingerprint": hidden(body["html"], "fingerprint")}
    press_pay(buyer, new_form, stripe_double)
    order = Order.objects.get()
    assert (order.early_charge_agreed_at, transactions(order)) == (None, [("authorize", 6716)])


def test_changed_order_shows_the_checkbox_unticked(buyer, stripe_double):
    retry = press_pay(
        buyer, checkout_form(buyer) | TICKED, stripe_double, "pm_card_visa_chargeDeclined"
    ).json()["retry"]
    buyer.post(retry.replace("/retry/", "/change/"))
    assert "checked" not in box(text(buyer.get("/checkout/")))


def test_order_page_says_that_nothing_is_charged_before_payment(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer) | TICKED, stripe_double, "pm_card_visa_chargeDeclined")
    order = Order.objects.get()
    page = text(buyer.get(reverse("orders:status", args=[order.number, status_token(order)])))
    assert "Nothing was charged." in page
    assert order.early_charge_text in page
