"""The orders of an account. Bob sees none of Alice's."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from checkout.order.states import OrderState
from tests.accounts.orders import make_order, record_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    """A browser in which Alice is logged in."""
    client.force_login(alice)
    return client


def test_empty_order_list_links_to_shop(alices: Client) -> None:
    page = alices.get(reverse("account_orders:list")).content.decode()
    assert "No orders yet" in page
    assert reverse("catalogue:index") in page
    assert reverse("orders:find") in page


def test_order_list_shows_state_items_and_total(alices: Client, alice: User) -> None:
    make_order(user=alice)
    page = alices.get(reverse("account_orders:list")).content.decode()
    assert "Order 100017" in page
    assert "Placed" in page
    assert "November 20, 2026" in page
    assert "$168.72" in page
    assert "for 4 items" in page


def test_order_page_shows_lines_taxes_and_shipments(alices: Client, alice: User) -> None:
    record_shipment(make_order(user=alice))
    page = alices.get(reverse("account_orders:detail", args=["100017"])).content.decode()
    for part in ("Dragonfly 3.6 g", "GST 5%", "$168.72", "Canada Post", "12 Elevator Rd"):
        assert part in page


def test_other_customers_order_is_404(alice: User, bob: User) -> None:
    make_order(user=alice)
    bobs = Client()
    bobs.force_login(bob)
    assert bobs.get(reverse("account_orders:detail", args=["100017"])).status_code == 404
    assert "100017" not in bobs.get(reverse("account_orders:list")).content.decode()


def test_guest_order_is_in_no_account(alices: Client, alice: User) -> None:
    make_order(email=alice.email)
    assert "100017" not in alices.get(reverse("account_orders:list")).content.decode()


@pytest.mark.parametrize("name", ["list", "detail"])
def test_guest_is_sent_to_login(client: Client, alice: User, name: str) -> None:
    order = make_order(user=alice)
    page = reverse(f"account_orders:{name}", args=[order.number] if name == "detail" else [])
    assert client.get(page).url.startswith(reverse("account_login"))


PAGES = {"0": 200, "1": 200, "x": 200, "-1": 200, "2": 404, "99": 404, "1" * 40: 404}


@pytest.mark.parametrize(("page", "status"), PAGES.items())
def test_page_past_the_end_returns_404(alices: Client, alice: User, page: str, status: int) -> None:
    make_order(user=alice)
    assert alices.get(reverse("account_orders:list"), {"page": page}).status_code == status


def test_order_list_queries_are_constant(alices: Client, alice: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_order(user=alice)
    alices.get(reverse("account_orders:list"))
    with CaptureQueriesContext(connection) as one:
        alices.get(reverse("account_orders:list"))
    for number in range(9):
        make_order(user=alice, number=str(100018 + number))
    with CaptureQueriesContext(connection) as ten:
        alices.get(reverse("account_orders:list"))
    assert len(one) == len(ten)


@pytest.mark.parametrize("status", [each for each in OrderState.values if each != "draft"])
def test_order_in_any_state_opens(alices: Client, alice: User, status: str) -> None:
    order = make_order(user=alice)
    type(order).objects.update(status=status)
    page = alices.get(reverse("account_orders:detail", args=["100017"]))
    assert str(OrderState(status).label) in page.content.decode()
