"""The order page by its secret link, and the form that emails the link."""

import re

import pytest
from celery import current_app
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.mail.models import Message
from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.pages.orders.views import MAX_LINKS
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
    assert (message.email_type, message.recipient) == ("order-link", "dana@example.com")


def test_find_order_form_is_rate_limited(db, client):
    for _ in range(10):
        assert ask_for_link(client, UNKNOWN, "x@example.com").status_code == 302
    assert ask_for_link(client, UNKNOWN, "x@example.com").status_code == 429


@pytest.mark.parametrize("number", ["", "\x00", "x" * 99, "<b>", "1", "999998"])
def test_invalid_order_number_is_rejected(db, client, number):
    assert ask_for_link(client, number, "x@example.com").status_code == 422


def test_lookup_does_the_same_work_whether_or_not_the_order_exists(
    buyer, stripe_double, monkeypatch
):
    # Mutation: without the row that is rolled back, an unknown order took two statements less
    press_pay(buyer, checkout_form(buyer), stripe_double)
    number = Order.objects.get().number
    queued = []
    monkeypatch.setattr(current_app, "send_task", lambda *task, **how: queued.append(task[0]))
    work = []
    for who, email in (
        (number, "dana@example.com"),
        (number, "eve@example.com"),
        (UNKNOWN, "x@y.ca"),
    ):
        queued.clear()
        with (
            CaptureQueriesContext(connection) as captured,
            TestCase.captureOnCommitCallbacks(execute=True),
        ):
            ask_for_link(Client(), who, email)
        statements = [query["sql"].split()[0] for query in captured]
        work.append((statements.count("SELECT"), statements.count("INSERT"), len(queued)))
    assert work[0] == work[1] == work[2]
    assert work[0][1:] == (1, 1)


def test_strangers_with_the_number_do_not_use_up_the_buyers_links(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double)
    number = Order.objects.get().number
    for stranger in range(MAX_LINKS + 1):
        asks = {"number": number, "email": f"eve{stranger}@example.com"}
        Client(REMOTE_ADDR=f"203.0.113.{stranger}").post("/orders/", asks)
    Client().post("/orders/", {"number": number, "email": "Dana@example.com"})
    assert Message.objects.filter(email_type="order-link").count() == 1


def test_one_order_gets_a_limited_number_of_links(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double)
    number = Order.objects.get().number
    for stranger in range(MAX_LINKS + 3):
        answer = Client(REMOTE_ADDR=f"203.0.113.{stranger}").post(
            "/orders/", {"number": number, "email": "dana@example.com"}
        )
        assert answer.status_code == 302
    assert Message.objects.filter(email_type="order-link").count() == MAX_LINKS
