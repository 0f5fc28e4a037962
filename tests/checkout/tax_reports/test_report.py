"""The tax report: sales, refunds and net tax, equal to the ledger."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.users.models import User
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.refunds.models import RefundAllocation
from checkout.settlement.services import pay
from checkout.tax.models import TaxExemption, TaxLine
from checkout.tax_reports.report import Row, csv_rows, tax_report
from microflight.core.money import to_cents
from tests.checkout.conftest import token
from tests.checkout.returns.helpers import ship
from tests.stripe_double.control import Double

URL = reverse("admin:tax_taxline_report")
NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
def sold(order: Any, stripe_double: Double) -> Any:
    """Place, pay and ship orders; then date all their transactions."""

    def make(*wanted: Any, at: str = "2026-11-20T18:00:00+00:00", **more: Any) -> Order:
        made = order(*wanted, **more)
        if made.supply_country == "CA":
            pay(order=made, confirmation_token=token(stripe_double))
            ship(made)
        else:  # customs data is not needed here
            attempt = made.attempts.get()
            attempt.transactions.create(
                type="capture", amount_cents=attempt.amount_cents, stripe_id=f"ch_{made.pk}"
            )
        move(made, at)
        return Order.objects.get(pk=made.pk)

    return make


def move(order: Order, at: str, kind: str = "capture") -> None:
    """Date the transactions of a type."""
    rows = Transaction.objects.filter(attempt__order=order, type=kind)
    rows.update(created_at=datetime.fromisoformat(at).astimezone(UTC))


def table(rows: list[Row]) -> list[str]:
    """Return rows as "2026-11 taxed GST SK: sales refunds tax tax_refunded"."""
    return [
        f"{' '.join(filter(None, row.key))}: {row.sales} {row.refunds} {row.tax} {row.tax_refunded}"
        for row in rows
    ]


def test_report_adds_up_sales_refunds_exports_and_exemptions(
    sold: Any, product: Any, alice: User
) -> None:
    # Mutation: without the exempt rows of `keys`, PST of 61.50 is missing
    plane = product(price="50.00", stock=50)
    sk = sold(plane)  # 50.00 + 11.50; GST 3.08, PST 3.69
    sold(plane, province="ON", postcode="K1A 0B1")  # HST 13% of 61.50: 8.00
    sold(plane, country="US", province="NY", postcode="10001", shipping_code="us-parcel")
    TaxExemption.objects.create(
        user=alice, jurisdiction="SK", certificate="F-1", starts_on=date(2020, 1, 1),
        ends_on=date(2089, 1, 1),
    )  # fmt: skip
    sold(plane, user=alice)  # GST only
    refund_order(order=sk, cents=6827, reason="Bent wing", by=None)
    move(sk, "2026-11-25T18:00:00+00:00", "refund")
    us = Order.objects.get(supply_country="US")
    assert table(tax_report(*NOVEMBER)) == [
        "taxed GST SK: 123.00 61.50 6.16 3.08",
        "taxed HST ON: 61.50 0.00 8.00 0.00",
        "taxed PST SK: 61.50 61.50 3.69 3.69",
        "exempt PST SK: 61.50 0.00 0.00 0.00",
        f"export US: {us.total_excl_tax} 0.00 0.00 0.00",
        "all ON: 61.50 0.00 8.00 0.00",
        "all SK: 123.00 61.50 9.85 6.77",
        f"all US: {us.total_excl_tax} 0.00 0.00 0.00",
    ]


def test_report_equals_the_ledger(sold: Any, product: Any) -> None:
    first = sold((product(price="33.33"), 3), product("Ladybird", price="19.99"))
    second = sold(product(price="0.99", stock=9), province="NS", postcode="B3H 1A1")
    for order, cents in ((first, 1), (first, 4999), (first, 777), (second, 333)):
        refund_order(order=order, cents=cents, reason="Bent wing", by=None)
    Transaction.objects.update(created_at=datetime(2026, 11, 20, 18, tzinfo=UTC))
    rows = tax_report(*NOVEMBER)
    taxed = [row for row in rows if row.key.type == "taxed"]
    everything = [row for row in rows if row.key.type == "all"]
    refunded = RefundAllocation.objects.exclude(component="").aggregate(Sum("cents"))["cents__sum"]
    charged = TaxLine.objects.aggregate(Sum("amount"))["amount__sum"]
    for some in (taxed, everything):
        assert sum(row.tax for row in some) == charged
        assert to_cents(sum((row.tax_refunded for row in some), Decimal(0))) == refunded
    captured = Transaction.objects.filter(type="capture").aggregate(Sum("amount_cents"))
    paid = sum((row.sales + row.tax for row in everything), Decimal(0))
    assert to_cents(paid) == captured["amount_cents__sum"]
    back = sum((row.refunds + row.tax_refunded for row in everything), Decimal(0))
    assert to_cents(back) == 1 + 4999 + 777 + 333


def test_units_cancelled_before_the_capture_are_no_sale(
    order: Any, product: Any, stripe_double: Double
) -> None:
    made = order((product(price="33.33"), 3))  # 99.99 + 11.50; GST 5.57, PST 6.69
    pay(order=made, confirmation_token=token(stripe_double))
    line = made.lines.get()
    cancel_items(order=made, quantities={line.pk: 1}, reason="Too many", by=None)
    ship(made, 2)
    move(made, "2026-11-20T18:00:00+00:00")
    captured = made.attempts.get().captured_cents
    (gst, pst, every) = tax_report(*NOVEMBER)
    assert gst.sales == Decimal("78.16")  # 66.66 + 11.50
    assert to_cents(every.sales + gst.tax + pst.tax) == captured
    assert every.tax == gst.tax + pst.tax


@pytest.mark.parametrize(
    ("at", "months"),  # in Saskatoon, 06:00 UTC is midnight
    [
        ("2026-11-01T05:59:00+00:00", []),
        ("2026-11-01T06:00:00+00:00", ["2026-11"]),
        ("2026-12-01T05:59:00+00:00", ["2026-11"]),
        ("2026-12-01T06:00:00+00:00", []),
    ],
)
def test_period_is_in_shop_time(at: str, months: list[str], sold: Any, product: Any) -> None:
    # Mutation: with UTC days, the first and the third are wrong
    sold(product(price="50.00"), at=at)
    rows = tax_report(*NOVEMBER, monthly=True)
    assert sorted({row.key.month for row in rows}) == months


def test_refund_counts_in_its_own_month(sold: Any, product: Any) -> None:
    made = sold(product(price="50.00"), province="AB", postcode="T2P 1J9")
    refund_order(order=made, cents=6458, reason="Bent wing", by=None)
    move(made, "2026-12-02T18:00:00+00:00", "refund")
    rows = tax_report(date(2026, 11, 1), date(2026, 12, 31), monthly=True)
    assert table(rows) == [
        "2026-11 taxed GST AB: 61.50 0.00 3.08 0.00",
        "2026-11 all AB: 61.50 0.00 3.08 0.00",
        "2026-12 taxed GST AB: 0.00 61.50 0.00 3.08",
        "2026-12 all AB: 0.00 61.50 0.00 3.08",
    ]
    assert rows[2].net_tax == Decimal("-3.08")


def test_failed_refund_does_not_count(sold: Any, product: Any) -> None:
    made = sold(product(price="50.00"))
    refund_order(order=made, cents=6827, reason="Bent wing", by=None)
    Transaction.objects.filter(type="refund").update(
        failed_at=datetime.now(UTC), created_at=datetime(2026, 11, 20, 18, tzinfo=UTC)
    )
    assert {row.refunds for row in tax_report(*NOVEMBER)} == {Decimal("0.00")}


def test_unpaid_order_is_no_sale(order: Any) -> None:
    order()
    assert tax_report(date(2020, 1, 1), date(2089, 1, 1)) == []


def test_queries_do_not_grow_with_orders(sold: Any, product: Any) -> None:
    plane = product(price="50.00", stock=50)
    counts = []
    for _ in range(2):
        for _ in range(2):
            made = sold(plane)
            refund_order(order=made, cents=100, reason="Bent wing", by=None)
        move(made, "2026-11-25T18:00:00+00:00", "refund")
        with CaptureQueriesContext(connection) as counted:
            tax_report(*NOVEMBER)
        counts.append(len(counted))
    assert counts == [7, 7]


# --- The page ------------------------------------------------------------------------------------


def test_page_and_csv_show_the_same_report(staff: Client, sold: Any, product: Any) -> None:
    sold(product(price="50.00"))
    query = {"first": "2026-11-01", "last": "2026-11-30"}
    page = staff.get(URL, query).content.decode()
    assert '<td class="number">$61.50</td>' in page
    assert '<td class="number">$3.69</td>' in page
    answer = staff.get(URL, {**query, "csv": "1"})
    assert answer["Content-Disposition"] == (
        'attachment; filename="taxes-2026-11-01-2026-11-30.csv"'
    )
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(text.splitlines()))
    assert rows[0] == [
        "month", "type", "component", "place", "sales", "refunds", "net_sales", "tax",
        "tax_refunded", "net_tax",
    ]  # fmt: skip
    assert rows[2] == ["", "taxed", "PST", "SK", "61.50", "0.00", "61.50", "3.69", "0.00", "3.69"]
    assert len(rows) == 4


def test_csv_has_negative_amounts_as_numbers(staff: Client, sold: Any, product: Any) -> None:
    made = sold(product(price="50.00"))
    refund_order(order=made, cents=1000, reason="Bent wing", by=None)
    move(made, "2026-10-25T18:00:00+00:00", "capture")
    move(made, "2026-11-05T18:00:00+00:00", "refund")
    answer = staff.get(URL, {"first": "2026-11-01", "last": "2026-11-30", "csv": "1"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(text.splitlines()))
    assert rows[1] == ["", "taxed", "GST", "SK", "0.00", "9.01", "-9.01", "0.00", "0.45", "-0.45"]


def test_csv_cells_are_no_formulas(staff: Client, sold: Any, product: Any) -> None:
    made = sold(product(price="50.00"))
    TaxLine.objects.filter(order=made).update(province="=1")
    query = {"first": "2026-11-01", "last": "2026-11-30", "csv": "1"}
    answer = staff.get(URL, query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert ",'=1," in text
    assert ",=1," not in text
    assert any("=1" in map(str, row) for row in csv_rows(tax_report(*NOVEMBER)))


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"first": "2026-11-02", "last": "2026-11-01"}, "Enter a day after the first day."),
        ({"first": "2026-11-02", "last": "9999-12-31"}, "Enter today or an earlier day."),
        ({"first": "0001-01-01", "last": "2026-11-01"}, "greater than or equal to"),
        ({"first": "soon", "last": ""}, "Enter a valid date."),
        ({"first": "2026-11-02", "last": "2026-11-01", "csv": "1"}, "Enter a day after"),
    ],
)
def test_bad_period_is_rejected(query: dict[str, str], error: str, staff: Client) -> None:
    response = staff.get(URL, query)
    assert response.status_code == 200
    assert error in response.content.decode()


def test_report_needs_the_permission(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(alice)
    assert client.get(URL).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="view_taxline"))
    assert client.get(URL).status_code == 200
