"""Finding orders by what a customer or a carrier names, and the columns of the list."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.facts import Battery, ProductFacts
from checkout.order import search
from checkout.order.models import Line, Order, ShippingAddress, ShippingEvent, ShippingEventType
from checkout.order.numbers import similar_numbers
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
def test_search_uses_trigram_indexes(shipment: Order) -> None:
    texts = (
        (Order, search.ORDER_TEXT, "order_search"),
        (Line, search.LINE_TEXT, "order_line_search"),
        (ShippingEvent, search.SHIPMENT_TEXT, "order_shipment_search"),
        (ShippingAddress, search.SHIPPING_TEXT, "order_shipping_search"),
        (search.BillingAddress, search.BILLING_TEXT, "order_billing_search"),
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for model, text, index in texts:
        rows = model._base_manager.alias(searched=text).order_by()
        plan = rows.filter(searched__contains="gull").values("pk").explain()
        assert f"Bitmap Index Scan on {index} " in plan


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
