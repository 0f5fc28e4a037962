"""The search box of the admin, the menu and the recent items."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.users.models import User
from checkout.order.models import Order, ShippingEvent, ShippingEventType
from tests.catalog import factories
from tests.project.admin_rows import ROWS

SEARCH = "/admin/search/"
OPTIONS = "/admin/search/options/"


@pytest.fixture
def order(db: None) -> Order:
    """Order 100003 of dana3@example.com, shipped with a tracking number."""
    order = ROWS["order.Order"](3)
    kind = ShippingEventType.objects.get_or_create(code="shipped", defaults={"name": "Shipped"})[0]
    ShippingEvent.objects.create(order=order, event_type=kind, tracking_number="CP123456785CA")
    return order


def _limited(client: Client, user: User, *codenames: str) -> Client:
    """Return a browser of a staff member with these permissions only."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(User.objects.get(pk=user.pk))
    return client


def _change(row: object, label: str) -> str:
    return reverse(f"admin:{label}_change", args=[row.pk])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "typed", ["100003", "#100003", " １０００03 ", "CP123456785CA", "dana3@example.com"]
)
def test_number_or_email_opens_the_order(staff: Client, order: Order, typed: str) -> None:
    answer = staff.get(SEARCH, {"q": typed})
    assert (answer.status_code, answer.url) == (302, _change(order, "order_order"))


def test_sku_opens_the_product_in_any_case(staff: Client) -> None:
    product = factories.product("Receiver", sku="RX-4")
    type(product).objects.filter(pk=product.pk).update(upc="RX-4")
    factories.product("RX-4 antenna", sku="RX-4A")
    assert staff.get(SEARCH, {"q": "rx-4"}).url == _change(product, "catalogue_product")


def test_email_opens_the_account(staff: Client, alice: User) -> None:
    assert staff.get(SEARCH, {"q": "Alice@example.com"}).url == _change(alice, "users_user")


def test_several_results_are_listed_with_their_headings(staff: Client, order: Order) -> None:
    ROWS["order.Order"](4)
    page = staff.get(SEARCH, {"q": "dana"}).content.decode()
    assert "<h2>Orders</h2>" in page
    assert f'<a href="{_change(order, "order_order")}">' in page
    assert page.count('class="search-results"') == 1


def test_actions_are_found_by_every_word(staff: Client, order: Order) -> None:
    page = staff.get(SEARCH, {"q": "add away"}).content.decode()
    assert '<a href="/admin/opening/awayperiod/add/">Add away period</a>' in page
    assert "Nothing was found" in staff.get(SEARCH, {"q": "zzz nothing"}).content.decode()
    assert "Enter an order number" in staff.get(SEARCH).content.decode()


@pytest.mark.parametrize("typed", ["split", "merge"])
def test_handbook_is_found_by_its_headings(staff: Client, typed: str) -> None:
    options = staff.get(OPTIONS, {"q": typed}).content.decode()
    assert 'data-url="/admin/help/ship.md"' in options


def test_options_show_an_exact_match_alone(staff: Client, order: Order) -> None:
    options = staff.get(OPTIONS, {"q": "100003"}).content.decode()
    assert options.count('role="option"') == 1
    assert f'data-url="{_change(order, "order_order")}"' in options


def test_results_are_limited_to_what_a_person_may_view(
    client: Client, alice: User, order: Order
) -> None:
    product = factories.product("dana motor", sku="D-1")
    limited = _limited(client, alice, "view_product")
    assert limited.get(SEARCH, {"q": "100003"}).status_code == 200
    assert limited.get(SEARCH, {"q": "dana"}).url == _change(product, "catalogue_product")
    page = limited.get(SEARCH, {"q": "add"}).content.decode()
    assert "/add/" not in page
    assert client.get(SEARCH, {"q": "o" * 10_000}).status_code == 200


@pytest.mark.parametrize("typed", ["\x00", "a\x00b", "x" * 10_000, "مرحبا", "🛩🛩", "3,6 g", "%%__"])
def test_bad_input_is_answered(staff: Client, typed: str) -> None:
    assert staff.get(SEARCH, {"q": typed}).status_code in (200, 302)
    assert staff.get(OPTIONS, {"q": typed}).status_code == 200


def test_search_runs_few_statements(staff: Client, order: Order) -> None:
    for number in range(4, 16):
        ROWS["order.Order"](number)
        ROWS["catalogue.Product"](number)
        ROWS["users.User"](number)
        ROWS["policies.Policy"](number)
    staff.get(SEARCH, {"q": "a"})
    for typed in ("dana", "M", "erin", "Policy", "nothing at all"):
        with CaptureQueriesContext(connection) as asked:
            staff.get(SEARCH, {"q": f"{typed} "})
        assert len(asked) <= 12, typed


def test_visitors_and_customers_are_sent_to_the_login(client: Client, alice: User) -> None:
    assert client.get(SEARCH, {"q": "100003"}).status_code == 302
    client.force_login(alice)
    assert "login" in client.get(SEARCH, {"q": "100003"}).url


def test_menu_has_work_areas_and_only_permitted_pages(client: Client, alice: User) -> None:
    limited = _limited(client, alice, "view_product")
    page = limited.get(reverse("admin:catalogue_product_changelist")).content.decode()
    menu = page.partition('id="admin-menu"')[2].partition("</nav>")[0]
    assert menu.count("<summary") == 1
    assert 'href="/admin/catalogue/product/" aria-current="page">Products</a>' in menu
    assert "/admin/order/" not in menu


def test_opened_records_are_in_the_menu_last_first(staff: Client, order: Order) -> None:
    zone = ROWS["shipping.ShippingZone"](1)
    staff.get(_change(zone, "shipping_shippingzone"))
    staff.get(_change(order, "order_order"))
    staff.get(_change(zone, "shipping_shippingzone"))
    assert staff.session["recent_items"] == [
        [str(zone), _change(zone, "shipping_shippingzone")],
        ["Order 100003", _change(order, "order_order")],
    ]
    page = staff.get(reverse("admin:index")).content.decode()
    assert f'<li><a href="{_change(order, "order_order")}">Order 100003</a></li>' in page


def test_no_more_than_eight_records_are_remembered(staff: Client) -> None:
    for number in range(10):
        zone = ROWS["shipping.ShippingZone"](number)
        staff.get(_change(zone, "shipping_shippingzone"))
    items = staff.session["recent_items"]
    assert len(items) == 8
    assert items[0][0] == str(zone)
