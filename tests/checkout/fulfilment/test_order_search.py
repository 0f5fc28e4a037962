"""Finding orders by what a customer or a carrier names, and the columns of the list."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.users.models import User
from catalog.facts import Battery, ProductFacts
from checkout.order.models import Line, Order, ShippingAddress, ShippingEventType
from checkout.order.numbers import similar_numbers
from checkout.order.search_text import OrderSearchText
from tests.checkout.fulfilment.helpers import order_url

LIST = "/admin/order/order/"


@pytest.fixture
def shipment(order: Any, product: Any, bob: Any) -> Order:
    """Bob's order, shipped to Québec, besides one of Dana to Saskatoon."""
    order(email="dana@example.org", phone="")
    one: Order = order(product("Silver Gull"), user=bob, email="gull@example.com")
    one.lines.update(partner_sku="GULL-9")
    address = one.shipping_address
    ShippingAddress.objects.filter(pk=address.pk).update(
        first_name="Zoé", last_name="Jean-Luc", line4="Trois-Rivières", postcode="G9A 5H7",
        phone_number="+1 819 555 0123",
    )  # fmt: skip
    one.shipping_events.create(
        event_type=ShippingEventType.objects.get_or_create(name="Shipped")[0],
        carrier="Canada Post",
        tracking_number="7023 2101 2345 6789",
    )
    return one


def found(staff: Client, term: str) -> list[str]:
    page = staff.get(LIST, {"q": term})
    return [page.url] if page.status_code == 302 else [order_url(one) for one in shown(page)]


def shown(page: Any) -> list[Order]:
    return list(page.context["cl"].result_list)


@pytest.mark.parametrize(
    "term",
    [
        "gull@example.com", "bob@example", "GULL-9", "silver gull", "Zoé", "jean-luc",
        "7023210123456789", "7023 2101 2345 6789", "7023-2101", "trois-rivières", "G9A 5H7",
        "g9a5h7", "G9A-5H7", "819 555 0123", "(819) 555-0123", "+1 819.555.0123", "1-819-555-0123",
        "８１９ ５５５ ０１２３", "gull g9a", "Silver Zoé",
    ],
)  # fmt: skip
def test_order_is_found_by(term: str, staff: Client, shipment: Order) -> None:
    assert found(staff, term) == [order_url(shipment)]


@pytest.mark.parametrize("spelling", ["#{}", "{}", " # {} "])
def test_number_opens_its_order(spelling: str, staff: Client, shipment: Order) -> None:
    assert found(staff, spelling.format(shipment.number)) == [order_url(shipment)]


def test_mistyped_number_lists_similar_orders(staff: Client, shipment: Order) -> None:
    number = shipment.number
    wrong = number[:2] + str((int(number[2]) + 1) % 10) + number[3:]
    page = staff.get(LIST, {"q": f"#{wrong}"})
    assert shipment in shown(page)
    assert "its check digit is wrong" in page.content.decode()


# Mutation: without swaps, the second assertion failed.
def test_similar_numbers_are_one_error_away() -> None:
    assert "100014" in similar_numbers("100015")
    assert "100014" in similar_numbers("100041")
    assert len(similar_numbers("9" * 10_000)) < 200


@pytest.mark.parametrize("term", ["gull dana", "%", "_", "x" * 10_000, "‮123", "🛩", "'\"\\"])
def test_other_terms_find_nothing(term: str, staff: Client, shipment: Order) -> None:
    assert found(staff, term) == []


@pytest.mark.usefixtures("needs_postgres")
def test_search_uses_the_trigram_index(shipment: Order) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    rows = OrderSearchText.objects.filter(text__contains="gull")
    assert "Bitmap Index Scan on order_search_text " in rows.explain()


# Mutation: without one of the triggers, an old word was found, or a new one was not.
def test_search_follows_changes(
    staff: Client, shipment: Order, bob: Any, order: Any, product: Any
) -> None:
    other = order(product("Owl"), email="moth@example.org")
    address, line = shipment.shipping_address, shipment.lines.get()
    changes = (
        ("gull@example.com", "hawk@", Order.objects.filter(pk=shipment.pk), "guest_email",
         "hawk@example.com"),
        ("bob@", "robert@", User.objects.filter(pk=bob.pk), "email", "robert@example.com"),
        ("zoé", "noé", ShippingAddress.objects.filter(pk=address.pk), "first_name", "Noé"),
        ("gull-9", "hawk-9", Line.objects.filter(pk=line.pk), "partner_sku", "HAWK-9"),
        ("70232101", "99887766", shipment.shipping_events.all(), "tracking_number", "9988 7766"),
    )  # fmt: skip
    for before, after, rows, column, value in changes:
        assert (found(staff, before), found(staff, after)) == ([order_url(shipment)], [])
        rows.update(**{column: value})
        assert (found(staff, before), found(staff, after)) == ([], [order_url(shipment)])
    shipment.shipping_events.all().delete()
    Line.objects.filter(pk=line.pk).update(order=other)
    assert found(staff, "99887766") == []
    assert found(staff, "hawk-9") == [order_url(other)]
    other.lines.all().delete()
    assert found(staff, "hawk-9") == found(staff, "owl") == []


# --- The list ---


def test_list_shows_items_destination_age_and_badges(
    staff: Client, paid: Order, product: Any
) -> None:
    placed = timezone.now() - timedelta(days=3, minutes=1)
    Order.objects.filter(pk=paid.pk).update(on_hold=True, placed_at=placed)
    line = paid.lines.order_by("pk")[0]
    ProductFacts.objects.update_or_create(product=line.product, defaults={"battery": Battery.LOOSE})
    page = staff.get(LIST).content.decode()
    for text in (
        "2 × Butterfly, 1 × Ladybird",
        f'Saskatoon, SK<br><span class="quiet">{paid.shipping_method}</span>',
        '<span class="quiet">3\xa0days ago</span>',
        '<span class="state state-on-hold">On hold</span>',
        '<span class="state state-battery">Battery</span>',
    ):
        assert text in page


def test_orders_to_ship_are_listed_oldest_first(staff: Client, order: Any) -> None:
    numbers = [order().number for _n in range(3)]
    Order.objects.update(status="placed")
    tasks = staff.get(LIST, {"task": "to-ship"})
    assert [each.number for each in shown(tasks)] == numbers
    assert [each.number for each in shown(staff.get(LIST))] == numbers[::-1]


def test_list_takes_at_most_12_statements(staff: Client, order: Any) -> None:
    one, _two = order(), order()
    Order.objects.filter(pk=one.pk).update(tags=",vip,", placed_at=timezone.now())
    for parameters in ({}, {"task": "to-ship"}, {"q": "dana"}, {"tag": "vip"}):
        staff.get(LIST, parameters)
        with CaptureQueriesContext(connection) as counted:
            staff.get(LIST, parameters)
        assert len(counted) <= 12, [each["sql"][:150] for each in counted]
