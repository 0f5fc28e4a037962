"""Packing slips with the battery mark, and pick lists."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.partner.models import StockRecord
from checkout.documents import battery_mark, seed, slips
from checkout.documents.models import BatteryMark
from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order, ShippingEvent
from checkout.settlement.services import pay
from microflight.core.pdf_document import Paper, render
from tests.checkout.conftest import token
from tests.pdf_files import text_of_pdf
from tests.stripe_double.control import Double

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Two Butterflies of which one is on hand, and a loose battery; paid."""
    seed.load()
    plane = product("Butterfly", stock=1, backorder=True, expected_on=timezone.localdate())
    cell = product("LiPo 50 mAh", price="4.00", stock=9, battery="loose")
    made = order(basket=cart((plane, 2), (cell, 3)))
    StockRecord.objects.filter(product=cell).update(location="B-2")
    StockRecord.objects.filter(product=plane).update(location="A-1")
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def printed(document: Any) -> str:
    return text_of_pdf(render(document, Paper.LETTER))


def test_packing_slip_lists_what_can_ship_and_what_follows(paid: Order) -> None:
    text = printed(slips.packing_slips([paid]))
    plane, cell = paid.lines.order_by("pk")
    assert f"Order {paid.number}" in text
    assert "Dana Reyes 12 Elm Street Saskatoon SK S7K 1A1 Canada" in text
    assert f"Butterfly {plane.partner_sku} 1 LiPo 50 mAh {cell.partner_sku} 3" in text
    assert "Items 4" in text
    assert "To follow in another shipment 1 × Butterfly" in text
    assert "$" not in text


@pytest.mark.parametrize(
    ("day", "has_phone"),
    [(date(2026, 12, 31), True), (date(2027, 1, 1), False), (date(2030, 1, 1), False)],
)
def test_battery_mark_has_a_phone_number_until_the_end_of_2026(
    paid: Order, day: date, has_phone: bool
) -> None:
    # Mutation: with `ends_on__gt` there was no mark on December 31.
    (mark,) = battery_mark.sections(paid.lines.all(), battery_mark.mark_on(day))
    assert "UN3480" in mark["svg"]
    assert ("+1 306 955 1836" in mark["svg"]) is has_phone
    assert ("+1 306 955 1836" in mark["alt"]) is has_phone
    assert (mark["width_mm"], 'viewBox="0 0 100 70"' in mark["svg"]) == (100, True)


def test_battery_in_equipment_has_its_own_un_number(paid: Order, product: Any) -> None:
    line = paid.lines.order_by("pk")[0]
    line.product = product("Glider", battery="in-equipment")
    assert battery_mark.un_number([line]) == "UN3481"
    assert battery_mark.un_number([line, *paid.lines.all()]) == "UN3480"


def test_parcel_without_battery_has_no_mark(paid: Order) -> None:
    mark = battery_mark.mark_on(date(2026, 12, 1))
    assert battery_mark.sections(paid.lines.order_by("pk")[:1], mark) == []


def test_newest_mark_in_force_is_printed(paid: Order) -> None:
    BatteryMark.objects.filter(starts_on=date(2027, 1, 1)).update(starts_on=date(2026, 6, 1))
    assert battery_mark.mark_on(date(2026, 7, 1)).with_phone is False
    assert battery_mark.mark_on(date(2018, 1, 1)) is None


def test_slip_of_a_shipment_has_its_contents_and_the_mark_of_its_day(paid: Order) -> None:
    line = paid.lines.order_by("pk")[1]
    StockRecord.objects.filter(product=paid.lines.order_by("pk")[0].product).update(backorder=True)
    shipment = _ship(paid, {line.pk: 2})
    ShippingEvent.objects.update(date_created=datetime(2027, 3, 1, 18, tzinfo=UTC))
    shipment.refresh_from_db()
    document = slips.packing_slip_of(shipment)
    text = printed(document)
    assert "Shipped on March 1, 2027 Carrier Canada Post Tracking number CP1" in text
    assert f"LiPo 50 mAh {line.partner_sku} 2 Items 2" in text
    assert "Butterfly" not in text
    assert "955 1836" not in document.sections[-1]["svg"]


def _ship(order: Order, quantities: dict[int, int]) -> ShippingEvent:

    return create_shipment(
        order=order, quantities=quantities, carrier="Canada Post", tracking_number="CP1", by=None
    )


def test_pick_list_adds_up_orders_by_location_and_sku(
    paid: Order, order: Any, cart: Any, stripe_double: Double
) -> None:
    plane, cell = (line.product for line in paid.lines.order_by("pk"))
    second = order(basket=cart((cell, 2)))
    pay(order=second, confirmation_token=token(stripe_double))
    table = slips.pick_list([paid, second]).sections[1]
    lines = paid.lines.order_by("pk")
    both = f"{paid.number} × 3, {second.number} × 2"
    assert table["header"] == ["Location", "SKU", "Item", "Quantity", "Orders"]
    assert table["rows"] == [
        ["A-1", lines[0].partner_sku, "Butterfly", "1", f"{paid.number} × 1"],
        [
            "B-2",
            lines[1].partner_sku,
            "LiPo 50 mAh",
            "5",
            both,
        ],
    ]


def test_queries_do_not_grow_with_the_number_of_orders(
    paid: Order, order: Any, cart: Any, stripe_double: Double
) -> None:
    cell = paid.lines.order_by("pk")[1].product
    for number in range(2):
        made = order(basket=cart((cell, 1)), line1=f"{number} Oak Street")
        pay(order=made, confirmation_token=token(stripe_double))
    orders = list(Order.objects.select_related("shipping_address__country"))
    counts = []
    for some in (orders[:1], orders):
        with CaptureQueriesContext(connection) as queries:
            slips.packing_slips(some)
        counts.append(len(queries))
    assert counts[1] == counts[0]


# --- Admin ---


def test_staff_print_selected_orders_from_the_list(staff: Client, paid: Order) -> None:
    page = staff.get("/admin/order/order/").content.decode()
    assert "Print pick list" in page
    for action, title in (("print_pick_list", "Pick list"), ("print_packing_slips", "Packing")):
        response = staff.post(
            "/admin/order/order/", {"action": action, "_selected_action": [paid.pk]}
        )
        assert response["Content-Type"] == "application/pdf"
        assert title in text_of_pdf(response.content)


def test_printing_of_shipped_orders_gets_a_message(staff: Client, paid: Order) -> None:
    Order.objects.update(status="cancelled")
    data = {"action": "print_pick_list", "_selected_action": [paid.pk]}
    response = staff.post("/admin/order/order/", data, follow=True)
    assert "Nothing is left to ship in these orders." in response.content.decode()


def test_order_page_links_packing_slips(staff: Client, paid: Order) -> None:
    shipment = _ship(paid, {paid.lines.order_by("pk")[1].pk: 3})
    page = staff.get(f"/admin/order/order/{paid.pk}/change/").content.decode()
    urls = [
        f"/admin/order/order/{paid.pk}/packing-slip/",
        f"/admin/order/order/shipments/{shipment.pk}/packing-slip/",
    ]
    for url in urls:
        assert f'<a href="{url}">' in page
        assert staff.get(f"{url}?paper=a4")["Content-Type"] == "application/pdf"


def test_other_accounts_cannot_print(client: Client, paid: Order, alice: Any) -> None:
    url = f"/admin/order/order/{paid.pk}/packing-slip/"
    assert client.get(url).status_code == 302
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(url).status_code == 403
