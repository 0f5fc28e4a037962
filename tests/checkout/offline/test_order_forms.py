"""Order forms: printed from the cart, opened by staff by their reference, at the printed price."""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from catalog.partner import ledger
from checkout.basket.models import Basket
from checkout.offline.order_forms import delete_old_forms
from checkout.order.models import Order
from checkout.placement.drafts import changes_since_written
from checkout.shipping.models import ShippingRule
from tests.checkout.offline.actions import act
from tests.checkout.shopper import ANSWERS, add_to_cart, text
from tests.pdf_files import text_of_pdf
from tests.sourced import SOURCED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


@pytest.fixture
def aircraft(product: Any) -> Any:
    """An aircraft for 49.95 CAD."""
    return product(stock=3)


@pytest.fixture
def shopper(aircraft: Any) -> Client:
    """A guest with one aircraft in the cart."""
    client = Client()
    add_to_cart(client, aircraft)
    return client


@pytest.fixture
def form(shopper: Client) -> Order:
    """The form of that cart: 49.95 + 11.50 + GST 3.07 + PST 3.69."""
    response = shopper.post("/order-form/", ANSWERS)
    assert response.status_code == 302, text(response)
    return Order.objects.get()


def url(form: Order) -> str:
    """Return the URL of a form."""
    return f"/order-form/{form.number}/{form.link_secret}/"


def test_cart_offers_the_form_and_stays_as_it_is(shopper: Client, form: Order) -> None:
    cart = text(shopper.get("/cart/"))
    assert "/order-form/" in cart
    assert "Butterfly" in cart
    assert Basket.objects.count() == 2


def test_form_is_a_draft_with_the_prices_of_the_cart(form: Order, aircraft: Any) -> None:
    assert (form.status, form.channel, form.taken_by) == ("draft", "mail", None)
    assert form.total_incl_tax == Decimal("68.21")
    assert form.valid_until == timezone.localdate() + timedelta(days=30)
    assert aircraft.stockrecords.get().net_stock_level == 3


def test_methods_are_shown_before_one_is_chosen(shopper: Client) -> None:
    page = text(shopper.post("/order-form/", {**ANSWERS, "shipping_method": ""}))
    assert 'value="ca-parcel"' in page
    assert not Order.objects.exists()


def test_form_without_email_is_possible_and_without_street_is_not(shopper: Client) -> None:
    assert shopper.post("/order-form/", {**ANSWERS, "line1": ""}).status_code == 422
    assert not Order.objects.exists()
    assert shopper.post("/order-form/", {**ANSWERS, "email": ""}).status_code == 302


def test_empty_cart_has_no_form(client: Client, rates: None) -> None:
    assert client.get("/order-form/").url == "/cart/"


@pytest.mark.promise("other-ways")
def test_page_and_pdf_have_reference_and_no_card_field(form: Order) -> None:
    page = text(Client().get(url(form)))
    assert f"<strong>Reference: {form.number}</strong>" in page
    assert "<svg" in page
    assert "$68.21" in page
    assert 'name="card' not in page
    assert "stripe" not in page.lower()
    response = Client().get(f"{url(form)}pdf/")
    assert response["Content-Type"] == "application/pdf"
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder, "order-form.pdf").write_bytes(response.content)
    printed = text_of_pdf(response.content)
    for words in (form.number, "$68.21", "Dana Reyes", "Butterfly", "Please write no card number"):
        assert words in printed


@pytest.mark.parametrize("path", ["", "pdf/"])
def test_wrong_secret_is_not_found(form: Order, path: str) -> None:
    assert Client().get(f"/order-form/{form.number}/wrong/{path}").status_code == 404


@pytest.mark.parametrize("typed", ["{}{}", " {}{} ", "{} {}", "{}-{}"])
def test_staff_type_or_scan_the_reference(staff: Client, form: Order, typed: str) -> None:
    parts = form.number[:-2], form.number[-2:]
    response = staff.get("/admin/order/order/", {"q": typed.format(*parts)})
    assert response.url == f"/admin/order/order/{form.pk}/change/"
    page = text(staff.get(response.url))
    assert "The customer printed this order form." in page
    assert "Changed since it was written" not in page


def test_mistyped_reference_gets_an_error(staff: Client, form: Order) -> None:
    wrong = form.number[:-1] + str((int(form.number[-1]) + 1) % 10)
    page = text(staff.get("/admin/order/order/", {"q": wrong}))
    assert f"{wrong} is not a valid order number: its check digit is wrong." in page


def test_form_opens_as_it_was_and_shows_what_changed(
    staff: Client, form: Order, aircraft: Any
) -> None:
    aircraft.stockrecords.update(price=Decimal("59.95"))
    assert changes_since_written(form) == [
        "Butterfly now costs $59.95 each (was $49.95).",
        "Tax is now $7.86 (was $6.76).",
        "The total is now $79.31 (was $68.21).",
    ]
    page = text(staff.get(f"/admin/order/order/{form.pk}/change/"))
    assert "Butterfly now costs $59.95 each" in page
    assert "$68.21" in page


def accept(staff: Client, form: Order) -> str:
    """Accept a form that arrived."""
    day = timezone.localdate() + timedelta(days=14)
    return act(staff, form, "accept", valid_until=day.isoformat())


def test_accepted_form_keeps_its_price_and_reserves_stock(
    staff: Client, form: Order, aircraft: Any
) -> None:
    aircraft.stockrecords.update(price=Decimal("59.95"))
    assert "Now record the payment." in accept(staff, form)
    assert (form.status, form.total_incl_tax) == ("pending", Decimal("68.21"))
    assert str(form.taken_by) == "charlie@example.com"
    assert aircraft.stockrecords.get().net_stock_level == 2
    assert form.attempts.get().amount_cents == 6821
    today = timezone.localdate().isoformat()
    cheque = {"method": "cheque", "amount": "68.21", "received_on": today, "accepted": "on"}
    act(staff, form, "payment", **cheque)
    assert form.status == "placed"


def test_expired_form_is_not_accepted_at_its_price(staff: Client, form: Order) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    Order.objects.filter(pk=form.pk).update(valid_until=yesterday)
    assert "The prices of this form are no longer valid." in accept(staff, form)
    assert form.status == "draft"


def test_sold_out_form_is_not_accepted(staff: Client, form: Order, aircraft: Any) -> None:
    record = aircraft.stockrecords.get()
    ledger.reserve([(record.pk, 3, "Butterfly")], reference="order:1", in_stock=frozenset())
    assert "Butterfly" in accept(staff, form)
    assert form.status == "draft"
    assert not form.attempts.exists()


def test_changed_form_has_the_prices_of_today(staff: Client, form: Order, aircraft: Any) -> None:
    aircraft.stockrecords.update(price=Decimal("59.95"))
    line = form.basket.lines.get()
    page = act(staff, form, "items", **{f"line_{line.pk}": "1"})
    assert form.total_incl_tax == Decimal("79.31")
    assert "Accept order form" not in page
    assert Client().get(url(form)).status_code == 404


def test_old_form_is_deleted_with_its_address(form: Order) -> None:
    later = timezone.now() + timedelta(days=90)
    with time_machine.travel(later):
        assert delete_old_forms() == 0
    with time_machine.travel(later + timedelta(days=1)):
        assert delete_old_forms() == 1
    assert not Order.objects.exists()
    assert Basket.objects.count() == 1


def test_form_can_be_picked_up_where_nothing_ships(shopper: Client) -> None:
    abroad = {**ANSWERS, "country": "KP", "province": "", "postcode": ""}
    ShippingRule.objects.create(
        code="closed",
        type="closed",
        places="KP",
        reason="We don’t ship to this country.",
        **SOURCED,
    )
    response = shopper.post("/order-form/", {**abroad, "shipping_method": "", "create": "1"})
    page = text(response)
    assert response.status_code == 422
    assert "We don’t ship to this country." in page
    assert "Choose a shipping method." in page
    assert not Order.objects.exists()
    shopper.post("/order-form/", {**abroad, "shipping_method": "pickup", "create": "1"})
    order = Order.objects.get()
    assert (order.shipping_code, order.shipping_excl_tax) == ("pickup", 0)
    # 49.95 and the taxes of Saskatchewan
    assert order.total_incl_tax == Decimal("55.45")
    assert "Customer" in text(shopper.get(url(order)))
    assert "Ship to" not in text_of_pdf(shopper.get(f"{url(order)}pdf/").content)


def test_form_with_a_backordered_line_shows_its_date_and_is_accepted(
    shopper: Client, staff: Client, product: Any
) -> None:
    until = timezone.localdate() + timedelta(days=70)
    add_to_cart(shopper, product("Biplane", stock=0, backorder=True, expected_on=until))
    shopper.post("/order-form/", ANSWERS)
    order = Order.objects.get()
    page = text(shopper.get(url(order)))
    assert page.count("On backorder, arrives between") == 1
    agreed = "Some items ship later, on the dates shown. I pay for them now."
    assert f"With this form I agree: {agreed}" in page
    printed = text_of_pdf(shopper.get(f"{url(order)}pdf/").content)
    assert "On backorder, arrives" in printed
    assert "Now record the payment." in accept(staff, order)
    assert order.status == "pending"
    assert order.early_charge_text.startswith(agreed)
    assert order.early_charge_agreed_at is not None


def test_form_whose_item_went_on_backorder_since_is_not_accepted(
    staff: Client, form: Order, aircraft: Any
) -> None:
    record = aircraft.stockrecords.get()
    aircraft.stockrecords.update(backorder=True)
    ledger.adjust(record.pk, -record.num_in_stock, by=None, reason="lost")
    page = accept(staff, form)
    assert "Ask the customer. If they wait, save its items and send a quote." in page
    assert (form.status, form.early_charge_agreed_at) == ("draft", None)
