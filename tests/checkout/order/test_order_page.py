"""The order page by its signed link, and the form that emails the link."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message
from checkout.order.links import status_token
from checkout.order.models import Order
from tests.checkout.factories import make_product
from tests.checkout.shopper import add_to_cart, checkout_form, press_pay, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

UNKNOWN = "999999"  # a number with its check digit that no order has


@pytest.fixture
def buyer(client, stripe_double):
    """A guest with one aircraft of 49.00 CAD in the cart."""
    add_to_cart(client, make_product(price="49.00"))
    return client


@pytest.mark.promise("order-page")
def test_order_page_shows_items_address_and_payment(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double)
    order = Order.objects.get()
    page = text(Client().get(reverse("orders:status", args=[order.number, status_token(order)])))
    for words in ("Carbon Butterfly", "12 Elm Street", "$67.16", "GST 5", "PST 6",
                  "is authorized on your card", "We are packing", "noindex"):  # fmt: skip
        assert words in page


def test_unpaid_order_links_to_payment(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double, "pm_card_visa_chargeDeclined")
    order = Order.objects.get()
    page = text(buyer.get(reverse("orders:status", args=[order.number, status_token(order)])))
    assert "Complete payment" in page
    assert "not paid yet" in page


@pytest.mark.parametrize("path", ["/orders/1/x/", "/orders/100014/AAAA/", "/orders/x/é/"])
def test_invalid_link_is_not_found(db, client, path):
    assert client.get(path).status_code == 404


def ask_for_link(client, number, email):
    return client.post("/orders/", {"number": number, "email": email})


@pytest.mark.promise("order-page")
def test_link_is_emailed_only_for_matching_number_and_email(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double)
    number = Order.objects.get().number
    Message.objects.all().delete()
    answers = []
    for who, email in (
        (number, "DANA@example.com"),
        (number, "eve@example.com"),
        (UNKNOWN, "x@y.ca"),
    ):
        response = ask_for_link(buyer, who, email)
        answers.append(
            (
                response.status_code,
                re.search(r"If an order with[^<]*", text(buyer.get(response.url)))[0],
            )
        )
    assert len(set(answers)) == 1
    [message] = Message.objects.all()
    assert (message.kind, message.recipient) == ("order-link", "dana@example.com")


def test_find_order_form_is_rate_limited(db, client):
    for _ in range(10):
        assert ask_for_link(client, UNKNOWN, "x@example.com").status_code == 302
    assert ask_for_link(client, UNKNOWN, "x@example.com").status_code == 429


@pytest.mark.parametrize("number", ["", "\x00", "x" * 99, "<b>", "1", "999998"])
def test_invalid_order_number_is_rejected(db, client, number):
    assert ask_for_link(client, number, "x@example.com").status_code == 422
