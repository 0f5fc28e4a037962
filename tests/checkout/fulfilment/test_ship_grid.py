"""Several orders shipped on one page: typed in a grid, or from a CSV file."""

import csv
import io
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.mail.models import Message
from checkout.fulfilment.admin.ship_grid import ids_in
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import PaymentAttempt, Transaction
from checkout.placement.parcels import parcels
from checkout.settlement.services import pay
from tests.checkout.audit.helpers import breaches
from tests.checkout.conftest import token
from tests.pdf_files import text_of_pdf
from tests.stripe_double.control import Double

LIST, GRID = "/admin/order/order/", "/admin/order/order/ship/"


@pytest.fixture
def three(order: Any, product: Any, stripe_double: Double) -> list[Order]:
    """Three paid orders, each of two units of its own product, to an address of its own."""
    made = []
    for title in ("Butterfly", "Ladybird", "Dragonfly"):
        one = order(product(title), product(f"{title} wing"), line1=f"{title} Street")
        pay(order=one, confirmation_token=token(stripe_double))
        made.append(Order.objects.get(pk=one.pk))
    Message.objects.all().delete()
    return made


def grid_of(staff: Client, orders: list[Order]) -> Any:
    return staff.get(GRID, {"orders": ",".join(str(each.pk) for each in orders)})


def data_of(page: Any, **typed: str) -> dict[str, Any]:
    """Return what a browser would send; `typed` are fields without their prefix by order."""
    context = page.context
    data = {"orders": context["ids"], "once": str(context["once"])}
    for row in context["rows"]:
        for field in row:
            if field.value() is not None and field.value() is not False:
                data[field.html_name] = field.value()
    return data


def tracked(page: Any, *numbers: str) -> dict[str, Any]:
    """Return what a browser would send after these tracking numbers were typed."""
    data = data_of(page)
    for row, number in zip(page.context["rows"], numbers, strict=False):
        data[row.add_prefix("tracking_number")] = number
    return data


def states() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("status", flat=True))


def texts(page: Any) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def test_action_opens_the_grid_of_open_orders(staff: Client, three: list[Order]) -> None:
    Order.objects.filter(pk=three[2].pk).update(status="shipped")
    data = {"action": "ship_selected", "_selected_action": [each.pk for each in three]}
    page = staff.post(LIST, data, follow=True)
    assert [row.order for row in page.context["rows"]] == three[:2]
    assert "at most $" in page.content.decode()
    printed = staff.get("/admin/order/order/print/", {"orders": page.context["ids"]})
    text = text_of_pdf(printed.content)
    assert "Pick list" in text
    assert text.count("Shipping method") == 2


def test_typed_tracking_numbers_ship_their_orders(staff: Client, three: list[Order]) -> None:
    answer = staff.post(GRID, tracked(grid_of(staff, three), "CP1", "CP2", "CP3"))
    assert answer["Location"] == f"{LIST}?task=to-ship"
    assert states() == ["shipped"] * 3
    rows = ShippingEvent.objects.order_by("pk").values_list("carrier", "tracking_number")
    assert list(rows) == [("Canada Post", f"CP{n}") for n in (1, 2, 3)]
    assert Transaction.objects.filter(type="capture").count() == 3
    assert (
        LogEntry.objects.filter(change_message="Create shipment: Shipped with Canada Post.").count()
        == 3
    )
    page = staff.get(answer["Location"])
    assert texts(page) == [f"Order {each.number}: Shipped with Canada Post." for each in three]


# Mutation: without the check of changed rows, untouched orders were shipped without tracking.
def test_empty_rows_stay_unshipped(staff: Client, three: list[Order]) -> None:
    page = staff.post(GRID, tracked(grid_of(staff, three), "", "CP2"))
    assert states() == ["placed", "shipped", "placed"]
    assert [row.order for row in page.context["rows"]] == [three[0], three[2]]
    assert texts(page) == [f"Order {three[1].number}: Shipped with Canada Post."]


def test_row_with_an_error_keeps_what_was_typed(staff: Client, three: list[Order]) -> None:
    page = grid_of(staff, three)
    data = tracked(page, "x" * 65, "CP2")
    data[page.context["rows"][0].add_prefix("carrier")] = "UPS"
    data[page.context["rows"][2].add_prefix("carrier")] = "FedEx"
    page = staff.post(GRID, data)
    assert states() == ["placed", "shipped", "placed"]
    html = page.content.decode()
    assert "x" * 65 in html
    assert 'value="UPS"' in html
    assert "Enter the tracking number, or check “No tracking number”." in html
    assert "2 orders were not shipped: see below." in texts(page)


def test_parcel_without_tracking_ships_when_checked(staff: Client, three: list[Order]) -> None:
    page = grid_of(staff, three[:1])
    data = data_of(page) | {page.context["rows"][0].add_prefix("untracked"): "on"}
    staff.post(GRID, data)
    assert states() == ["shipped", "placed", "placed"]
    again = staff.post(GRID, data)
    assert ShippingEvent.objects.count() == 1
    assert "You already submitted this page" in texts(again)[-1]


def test_failed_capture_leaves_the_others_shipped(
    staff: Client, three: list[Order], stripe_double: Double
) -> None:
    intent = three[1].attempts.get().intent_id
    stripe_double.fault(rf"/{intent}/capture$", status=503, times=20)
    page = staff.post(GRID, tracked(grid_of(staff, three), "CP1", "CP2", "CP3"))
    assert states() == ["shipped", "placed", "shipped"]
    (row,) = page.context["rows"]
    assert row.order == three[1]
    assert "Stripe" in str(row.errors)
    assert 'value="CP2"' in page.content.decode()
    subjects = {f"shipment:{event.pk}" for event in ShippingEvent.objects.all()}
    assert len(subjects) == 2
    assert set(Message.objects.values_list("subject_id", flat=True)) >= subjects


def test_time_limit_leaves_the_rest_for_the_next_submit(
    staff: Client, three: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkout.fulfilment.admin.ship_grid.MOST_SECONDS", -1)
    page = staff.post(GRID, tracked(grid_of(staff, three), "CP1"))
    assert states() == ["placed"] * 3
    assert "Not shipped yet: this took too long." in page.content.decode()


def test_query_count_of_the_grid_is_constant(staff: Client, three: list[Order]) -> None:
    counts = []
    for some in (three[:1], three):
        with CaptureQueriesContext(connection) as counted:
            grid_of(staff, some)
        counts.append(len(counted))
    assert counts[0] == counts[1] <= 14


def test_viewer_cannot_ship(clerk: Client, three: list[Order]) -> None:
    assert grid_of(clerk, three).status_code == 403
    assert clerk.post(GRID, {"orders": str(three[0].pk)}).status_code == 403
    assert "Ship…" not in clerk.get(LIST).content.decode()


def test_more_orders_than_fit_get_a_warning(
    staff: Client, three: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("ship_grid", "parcel_forms"):
        monkeypatch.setattr(f"checkout.fulfilment.admin.{module}.MOST_PARCELS", 2)
    data = {"action": "ship_selected", "_selected_action": [each.pk for each in three]}
    page = staff.post(LIST, data, follow=True)
    assert [row.order for row in page.context["rows"]] == three[:2]
    assert texts(page) == ["Only the oldest of the selected orders are shown, at most 2."]


def test_ids_are_bounded() -> None:
    assert ids_in("1,x,-2,,٣, 4," + "9" * 30) == [1]
    assert len(ids_in("7," * 10_000)) == 50


# --- Ship together ---


@pytest.fixture
def two(order: Any, product: Any, stripe_double: Double) -> list[Order]:
    """Two paid orders of one person; the address was typed differently. Shipping: 11.50 + 1.26."""
    made = [order(product("Butterfly"), line1="12 Elm Street")]
    made.append(order(product("Ladybird"), line1=" 12  ELM street "))
    for each in made:
        pay(order=each, confirmation_token=token(stripe_double))
    return list(Order.objects.order_by("pk"))


# Mutation: when the second row ignored the first, it stayed unshipped.
def test_orders_to_one_address_ship_with_one_tracking_number(
    staff: Client, two: list[Order]
) -> None:
    html = staff.get(f"{LIST}{two[0].pk}/change/").content.decode()
    assert f'href="{GRID}?orders={two[0].pk},{two[1].pk}">Ship together</a>' in html
    page = grid_of(staff, two)
    assert f"In the parcel of order {two[0].number}" in page.content.decode()
    staff.post(GRID, tracked(page, "CP1"))
    assert states() == ["shipped"] * 2
    rows = ShippingEvent.objects.order_by("pk").values_list("order_id", "tracking_number")
    assert list(rows) == [(two[0].pk, "CP1"), (two[1].pk, "CP1")]
    assert not Transaction.objects.filter(type="refund").exists()
    assert breaches() == []


def test_shipping_of_the_second_order_is_refunded_if_checked(
    staff: Client, two: list[Order]
) -> None:
    page = grid_of(staff, two)
    data = tracked(page, "CP1") | {page.context["rows"][1].add_prefix("refund_shipping"): "on"}
    staff.post(GRID, data)
    (refund,) = Transaction.objects.filter(type="refund")
    assert (refund.attempt.order, refund.amount_cents) == (two[1], 1276)
    assert refund.reason == f"Shipped in the parcel of order {two[0].number}"
    assert breaches() == []


def test_row_whose_parcel_did_not_ship_stays(
    staff: Client, two: list[Order], stripe_double: Double
) -> None:
    intent = two[0].attempts.get().intent_id
    stripe_double.fault(rf"/{intent}/capture$", status=503, times=20)
    page = staff.post(GRID, tracked(grid_of(staff, two), "CP1"))
    assert states() == ["placed"] * 2
    assert "Not shipped: the parcel is in the row above." in page.content.decode()


def test_row_that_failed_after_its_parcel_keeps_the_tracking_number(
    staff: Client, two: list[Order], stripe_double: Double
) -> None:
    intent = two[1].attempts.get().intent_id
    stripe_double.fault(rf"/{intent}/capture$", status=503, times=20)
    page = staff.post(GRID, tracked(grid_of(staff, two), "CP1"))
    assert states() == ["shipped", "placed"]
    stripe_double.clear_faults()
    staff.post(GRID, data_of(page))
    assert list(ShippingEvent.objects.values_list("tracking_number", flat=True)) == ["CP1", "CP1"]


def test_own_tracking_number_is_a_parcel_of_its_own(staff: Client, two: list[Order]) -> None:
    staff.post(GRID, tracked(grid_of(staff, two), "", "CP2"))
    assert states() == ["placed", "shipped"]


def test_refund_of_shipping_needs_its_permission(
    clerk: Client, alice: Any, two: list[Order]
) -> None:
    alice.user_permissions.add(Permission.objects.get(codename="ship_order"))
    page = grid_of(clerk, two)
    assert "Refund its shipping" not in page.content.decode()
    data = tracked(page, "CP1") | {page.context["rows"][1].add_prefix("refund_shipping"): "on"}
    clerk.post(GRID, data)
    assert states() == ["shipped"] * 2
    assert not Transaction.objects.filter(type="refund").exists()


@pytest.mark.parametrize("change", [
    {"email_key": "bob@example.com"}, {"is_pickup": True}, {"staff_hold": "Call first"},
    {"shipping_code": "none"}, {"shipping_code": "ca-express"},
])  # fmt: skip
def test_other_orders_are_parcels_of_their_own(two: list[Order], change: dict[str, Any]) -> None:
    # Mutation: without the method in the key, what paid for express shipped by the other method
    is_of_all = change == {"shipping_code": "none"}
    changed = Order.objects.all() if is_of_all else Order.objects.filter(pk=two[1].pk)
    changed.update(**change)
    orders = list(Order.objects.order_by("pk"))
    assert parcels(orders) == [[orders[0]], [orders[1]]]


def test_one_parcel_is_printed_as_one(staff: Client, two: list[Order]) -> None:
    ids = ",".join(str(each.pk) for each in two)
    text = text_of_pdf(staff.get("/admin/order/order/print/", {"orders": ids}).content)
    assert f"One parcel {two[0].number} + {two[1].number}" in text
    assert f"Orders {two[0].number}, {two[1].number} in one parcel" in text
    assert text.count("Shipping method") == 1


# --- Orders that must not ship ---


@pytest.mark.parametrize("why", ["held", "refunded", "away"])
def test_no_page_offers_to_ship_what_must_not(staff: Client, three: list[Order], why: str) -> None:
    order, attempts = three[0], PaymentAttempt.objects.filter(order=three[0])
    if why == "held":
        Order.objects.filter(pk=order.pk).update(staff_hold="Call first")
    elif why == "refunded":
        attempts.update(state="captured", captured_cents=100, refunded_cents=100)
    else:
        Order.objects.filter(pk=order.pk).update(on_hold=True)
        order.lines.update(held=True)
    listed = staff.get(LIST, {"task": "to-ship"}).context["cl"].result_list
    assert {each.pk for each in listed} == {three[1].pk, three[2].pk}
    (row,) = grid_of(staff, [order]).context["rows"]
    assert row.items == []
    printed = staff.get("/admin/order/order/print/", {"orders": str(order.pk)})
    assert "Nothing in these orders can ship now." in text_of_pdf(printed.content)
    page = staff.get(f"{LIST}{order.pk}/change/")
    assert page.context["packing"] == []
    names = [action.name for action in page.context["actions"]]
    assert ("ship" in names) is (why == "away")


# --- CSV ---


def upload(staff: Client, text: str | bytes) -> Any:
    content = text.encode() if isinstance(text, str) else text
    return staff.post(GRID, {"upload": "1", "file": SimpleUploadedFile("t.csv", content)})


def test_file_is_shown_before_it_ships(staff: Client, three: list[Order]) -> None:
    one, two, _three = three
    skus = [line.partner_sku for line in two.lines.order_by("pk")]
    page = upload(
        staff,
        "Order;Tracking_number;Carrier;Items\n"
        f"#{one.number};4000 0000 0000 0002;UPS;\n"
        f"{two.number};CP2;;{skus[1]} x 1\n",
    )
    assert states() == ["placed"] * 3
    assert "Nothing has shipped yet." in page.content.decode()
    staff.post(GRID, data_of(page))
    assert states() == ["shipped", "part-shipped", "placed"]
    rows = ShippingEvent.objects.order_by("pk").values_list("carrier", "tracking_number")
    assert list(rows) == [("UPS", "4000 0000 0000 0002"), ("Canada Post", "CP2")]


@pytest.mark.parametrize(
    ("items", "quantities"),
    [
        ("{0} x 3", [2, 1]),  # two lines of one SKU
        ("{0} x 1, {0} x 2", [2, 1]),  # named twice
        ("{0}", [2, 2]),  # all that can ship
        ("{0} x 9", [2, 7]),  # too many: the form says so
    ],
)
def test_lines_of_one_sku_ship_together(
    items: str, quantities: list[int], staff: Client, order: Any, cart: Any, product: Any,
    stripe_double: Double,
) -> None:  # fmt: skip
    one = order(basket=cart((product(stock=9), 2), (product("Wing", stock=9), 2)))
    pay(order=one, confirmation_token=token(stripe_double))
    sku = one.lines.order_by("pk")[0].partner_sku
    one.lines.update(partner_sku=sku)
    page = upload(staff, f'order,tracking_number,items\n{one.number},CP1,"{items.format(sku)}"\n')
    (row,) = page.context["rows"]
    assert [int(field.value()) for field in row.items] == quantities


def test_file_names_each_row_that_is_left_out(staff: Client, three: list[Order]) -> None:
    one, two, _three = three
    rows = f"order,tracking_number,items\n{one.number},CP1,\n{one.number},CP2,\n99,CP3,\n"
    html = upload(staff, f"{rows}{two.number},CP4,GLUE x 1\n").content.decode()
    for text in (
        f"Row 3, order {one.number}: It is in the file twice.",
        "Row 4, order 99: It does not exist, or has nothing left to ship.",
        f"Row 5, order {two.number}: “GLUE” is not left to ship.",
    ):
        assert text in html
    assert states() == ["placed"] * 3


def test_file_with_too_large_a_quantity_shows_the_error(staff: Client, three: list[Order]) -> None:
    sku = three[0].lines.order_by("pk")[0].partner_sku
    rows = f"order,tracking_number,items\n{three[0].number},CP1,{sku} x 5\n"
    page = upload(staff, rows)
    assert "less than or equal to 1" in page.content.decode()
    staff.post(GRID, data_of(page))
    assert states() == ["placed"] * 3


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"number\n1\n", "Missing columns: order, tracking_number."),
        (b"\xff\xfe\x00", "The file is not UTF-8."),
        (b"", "The submitted file is empty."),
        (b"order,tracking_number\n" + b"1,2\n" * 51, "The limit is 50 rows."),
    ],
)
def test_broken_file_is_rejected(staff: Client, content: bytes, problem: str) -> None:
    assert problem in upload(staff, content).content.decode()


# --- Export ---


def test_selected_orders_are_exported(staff: Client, three: list[Order]) -> None:
    one = three[0]
    one.lines.update(title="=1+1")
    Order.objects.filter(pk=one.pk).update(tags=",vip,")
    data = {"action": "export_csv", "_selected_action": [one.pk]}
    content = b"".join(staff.post(LIST, data)).decode("utf-8-sig")  # type: ignore[call-overload]
    (row,) = csv.DictReader(io.StringIO(content))
    assert row["order"] == one.number
    assert (row["city"], row["province"], row["postal_code"]) == ("Saskatoon", "SK", "S7K 1A1")
    assert row["items"] == "1 × =1+1, 1 × =1+1"
    assert (row["total_cad"], row["tags"]) == (str(one.total_incl_tax), "vip")
    assert LogEntry.objects.latest("pk").change_message == "Exported 1 order."
