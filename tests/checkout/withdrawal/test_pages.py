"""The two steps, with the order's link and by order number."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.pages.orders.views import MAX_LINKS
from checkout.withdrawal.models import Withdrawal
from checkout.withdrawal.services import settle_withdrawals
from policies import seed as policies
from tests.checkout.returns.helpers import email_types, snapshot
from tests.checkout.shopper import text

ANYBODY = reverse("orders:withdraw")
UNKNOWN = "999999"  # a number with its check digit that no order has


def url(order: Order) -> str:
    return reverse("withdrawal:withdraw", args=[order.number, status_token(order)])


def order_page(order: Order) -> str:
    return reverse("orders:status", args=[order.number, status_token(order)])


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's form."""
    form = page[page.index("<main") :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.mark.promise("withdrawal", "withdrawal-steps")
def test_items_are_withdrawn_in_two_steps(client: Client, german: Order):
    assert url(german) in text(client.get(order_page(german)))
    first = client.get(url(german)).content.decode()
    assert "Withdraw from contract" in first
    butterfly = german.lines.order_by("pk")[0].pk
    before = snapshot(german)
    data = {**hidden(first), f"quantity_{butterfly}": "2"}
    second = client.post(url(german), data).content.decode()
    assert snapshot(german) == before
    assert "Confirm withdrawal" in second
    assert "2 × Butterfly" in second
    answer = client.post(url(german), hidden(second), follow=True)
    assert "We received your withdrawal." in text(answer)
    assert Withdrawal.objects.get().channel == "link"
    assert "2 × Butterfly" in text(answer)
    client.post(url(german), hidden(second))  # a double click
    assert Withdrawal.objects.count() == 1


@pytest.mark.parametrize("units", ["", "0", "4", "-1", "x"])
def test_wrong_quantity_is_rejected(client: Client, german: Order, units: str):
    first = client.get(url(german)).content.decode()
    butterfly, ladybird = german.lines.order_by("pk")
    before = snapshot(german)
    data = {**hidden(first), f"quantity_{butterfly.pk}": units, f"quantity_{ladybird.pk}": ""}
    answer = client.post(url(german), {**data, "confirmed": "on"})
    assert answer.status_code == 422
    assert snapshot(german) == before


def test_canadian_order_has_no_right_of_withdrawal(client: Client, order: Any, german: Order):
    canadian = order()
    Order.objects.filter(pk=canadian.pk).update(status="placed")
    assert "Right of withdrawal" not in text(client.get(order_page(canadian)))
    assert "You cannot withdraw" in text(client.get(url(canadian)))
    assert client.post(url(canadian), {"confirmed": "on"}).status_code == 200
    assert not Withdrawal.objects.exists()


def test_wrong_link_is_not_found(client: Client, german: Order):
    assert client.get(reverse("withdrawal:withdraw", args=[german.number, "x"])).status_code == 404


def shown(response: Any) -> str:
    """Return a page without the random values of its form."""
    return re.sub(r' value="[^"]*"', "", text(response))


def withdraw_by_number(client: Client, number: str, email: str, items: str = "") -> Any:
    """Take both steps; return the last answer."""
    first = client.get(ANYBODY).content.decode()
    scope = {"scope": "some" if items else "all", "items": items}
    data = {**hidden(first), "number": number, "email": email, **scope}
    second = client.post(ANYBODY, data, follow=True)
    return client.post(ANYBODY, hidden(second.content.decode()), follow=True)


@pytest.mark.promise("withdrawal", "withdrawal-steps")
def test_guest_withdraws_by_number_and_email(client: Client, german: Order):
    answer = shown(withdraw_by_number(client, german.number, "DANA@example.com"))
    unknown = shown(withdraw_by_number(client, UNKNOWN, "dana@example.com"))
    assert "we recorded your withdrawal" in answer
    assert unknown == answer
    made = Withdrawal.objects.get()
    assert (made.channel, made.email) == ("number", "dana@example.com")
    assert "withdrawal-receipt" in email_types()
    assert settle_withdrawals() == 0
    assert Order.objects.get(pk=german.pk).status == "cancelled"


@pytest.mark.parametrize(
    "change",
    [
        lambda number: f"# {number} ",
        lambda number: f"{number[:3]} {number[3:]}",
        lambda number: "".join(chr(ord(digit) + 0xFEE0) for digit in number),
    ],
)
def test_order_number_is_read_as_typed(client: Client, german: Order, change: Any):
    withdraw_by_number(client, change(german.number), "dana@example.com")
    assert Withdrawal.objects.get().order_id == german.pk


def test_other_email_address_withdraws_nothing(client: Client, german: Order):
    before = snapshot(german)
    withdraw_by_number(client, german.number, "bob@example.com")
    assert (snapshot(german), Withdrawal.objects.count()) == (before, 0)


def test_strangers_with_the_number_do_not_lock_the_buyer_out(client: Client, german: Order):
    for stranger in range(MAX_LINKS + 1):
        other = Client(REMOTE_ADDR=f"203.0.113.{stranger}")
        withdraw_by_number(other, german.number, f"eve{stranger}@example.com")
    withdraw_by_number(client, german.number, "dana@example.com")
    assert Withdrawal.objects.get().order_id == german.pk


@pytest.mark.promise("withdrawal", "withdrawal-steps", "withdrawal-receipt")
def test_guest_withdraws_from_single_items_by_number_and_email(client: Client, german: Order):
    butterfly, ladybird = german.lines.order_by("pk")
    items = f"{butterfly.partner_sku.lower()} x 2\r\n"
    answer = shown(withdraw_by_number(client, german.number, "dana@example.com", items))
    unknown = shown(withdraw_by_number(client, UNKNOWN, "dana@example.com", items))
    assert "we recorded your withdrawal" in answer
    assert unknown == answer
    made = Withdrawal.objects.get()
    assert [(each.line, each.quantity) for each in made.lines.all()] == [(butterfly, 2)]
    assert "withdrawal-receipt" in email_types()
    assert settle_withdrawals() == 0
    butterfly.refresh_from_db()
    ladybird.refresh_from_db()
    assert (butterfly.cancelled, ladybird.cancelled) == (2, 0)


@pytest.mark.parametrize("items", ["NOT-IN-IT 1", "{sku} 99"])
def test_guest_gets_the_link_if_the_items_are_not_in_the_order(
    client: Client, german: Order, items: str
):
    items = items.format(sku=german.lines.order_by("pk")[0].partner_sku)
    answer = shown(withdraw_by_number(client, german.number, "dana@example.com", items))
    assert "we emailed you the link" in answer
    assert (email_types(), Withdrawal.objects.count()) == (["order-link"], 0)


@pytest.mark.parametrize("items", ["", " \n", "MF-1 two", "MF-1 1 1", "MF-1 -1"])
def test_unreadable_items_are_rejected(client: Client, german: Order, items: str):
    data = {"number": german.number, "email": "dana@example.com", "scope": "some", "items": items}
    answer = client.post(ANYBODY, hidden(client.get(ANYBODY).content.decode()) | data)
    assert answer.status_code == 422
    assert (email_types(), Withdrawal.objects.count()) == ([], 0)


def test_guessing_is_limited(client: Client, german: Order):
    for _ in range(10):
        withdraw_by_number(client, UNKNOWN, "dana@example.com")
    answer = withdraw_by_number(client, german.number, "dana@example.com")
    assert answer.status_code == 429
    assert not Withdrawal.objects.exists()


@pytest.mark.django_db
def test_returns_policy_links_to_the_withdrawal_page(client: Client):
    policies.load()
    page = client.get("/policies/returns/").content.decode()
    assert f'href="{ANYBODY}"' in page[page.index("<main") :]
