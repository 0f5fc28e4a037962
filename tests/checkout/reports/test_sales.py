"""Reports of orders, against values computed by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.promotions.models import Promotion
from checkout.promotions.usage import usage_of
from checkout.settlement.services import pay
from checkout.tax_reports.report import tax_report
from microflight.reports import activity, sales
from microflight.reports.periods import Period
from microflight.reports.registry import REPORTS, SALES
from microflight.reports.report import Rows, figures
from tests.checkout.conftest import token
from tests.checkout.factories import make_offer, put_in_category
from tests.checkout.returns.helpers import ship
from tests.stripe_double.control import Double

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
DAY = date(2026, 11, 20)


@pytest.fixture
def sold(order: Any, stripe_double: Double) -> Callable[..., Order]:
    """Place and pay orders, at noon of 20 November in shop time."""

    def make(*wanted: Any, at: str = "2026-11-20T18:00:00+00:00", **more: Any) -> Order:
        made = order(*wanted, **more)
        pay(order=made, confirmation_token=token(stripe_double))
        Order.objects.filter(pk=made.pk).update(placed_at=datetime.fromisoformat(at))
        return Order.objects.get(pk=made.pk)

    return make


def by_label(rows: Rows) -> dict[str, list[int]]:
    return {item.label: numbers for item, numbers in rows.items()}


def test_sales_add_up_discounts_shipping_tax_and_refunds(sold: Any, product: Any) -> None:
    make_offer("Ten off", "10")
    plane = product(price="50.00", stock=50)
    first = sold((plane, 2))  # 100.00 - 10.00 + 11.50 shipping; GST 5.08, PST 6.09
    ship(first)
    refund_order(order=first, cents=5634, reason="Bent wing", by=None)
    refunds = Transaction.objects.filter(type="refund")
    refunds.update(created_at=datetime(2026, 11, 25, 18, tzinfo=UTC))
    assert first.total_incl_tax == Decimal("112.67")
    assert sales.sales(NOVEMBER) == {
        DAY: [1, 10000, 1000, 1150, 0, 10150, 1117, 11267],
        # half of everything: 50.75 before tax, GST 2.54 and PST 3.05
        date(2026, 11, 25): [0, 0, 0, 0, 5075, -5075, -559, -5634],
    }


def test_units_cancelled_before_the_capture_do_not_count(sold: Any, product: Any) -> None:
    made = sold((product(price="33.33"), 3))  # 99.99 + 11.50; GST 5.57, PST 6.69: rounded once
    cancel_items(order=made, quantities={made.lines.get().pk: 1}, reason="Sold out", by=None)
    ship(made, 2)
    captured = made.attempts.get().captured_cents
    (row,) = sales.sales(NOVEMBER).values()
    *before_tax, tax, total = row
    assert before_tax == [1, 6666, 0, 1150, 0, 7816]
    assert (total, 7816 + tax) == (captured, captured)
    (sold_units,) = by_label(sales.products(NOVEMBER)).values()
    assert sold_units == [2, 6666, 0, 6666]


def test_order_cancelled_before_the_capture_does_not_count(sold: Any) -> None:
    cancel_order(order=sold(), reason="Too late", by=None)
    assert sales.sales(NOVEMBER) == {}
    assert sales.products(NOVEMBER) == {}
    assert sales.destinations(NOVEMBER) == {}


def test_unpaid_order_does_not_count(order: Any) -> None:
    order()
    assert sales.sales(NOVEMBER) == {}


def test_order_shipped_and_refunded_counts_as_sale_and_refund(sold: Any, product: Any) -> None:
    made = sold(product("Ladybird", price="19.99"))
    ship(made)
    refund_order(order=made, cents=made.attempts.get().captured_cents, reason="Lost", by=None)
    Transaction.objects.update(created_at=made.placed_at)
    (row,) = sales.sales(NOVEMBER).values()
    assert row == [1, 1999, 0, 1150, 3149, 0, 0, 0]
    assert by_label(sales.products(NOVEMBER)) == {
        f"Ladybird ({made.lines.get().partner_sku})": [1, 1999, 1999, 0]
    }


def test_refund_that_the_bank_returned_does_not_count(sold: Any) -> None:
    made = sold()
    ship(made)
    refund_order(order=made, cents=100, reason="Scratch", by=None)
    Transaction.objects.update(created_at=made.placed_at)
    Transaction.objects.filter(type="refund").update(failed_at=made.placed_at)
    (row,) = sales.sales(NOVEMBER).values()
    assert row[4] == 0


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-21T05:59:59+00:00", date(2026, 11, 20)),  # 23:59:59 in Regina
        ("2026-11-21T06:00:00+00:00", date(2026, 11, 21)),
    ],
)
def test_day_ends_at_midnight_in_regina(sold: Any, at: str, day: date) -> None:
    sold(at=at)
    assert list(sales.sales(NOVEMBER)) == [day]
    assert list(sales.sales(Period(day, day))) == [day]
    assert sales.sales(Period(day, day).previous) == {}


def test_sales_equal_the_tax_report(sold: Any, product: Any) -> None:
    """Where orders ship on the day they are placed, both reports add up to the same."""
    orders = [
        sold((product(price="33.33"), 3), product("Ladybird", price="19.99")),
        sold(product(price="0.99"), province="NS", postcode="B3H 1A1"),
    ]
    for made, cents in zip(orders, (4999, 333), strict=True):
        ship(made)
        refund_order(order=made, cents=cents, reason="Bent wing", by=None)
    Transaction.objects.update(created_at=orders[0].placed_at)
    (row,) = sales.sales(NOVEMBER).values()
    report = [each for each in tax_report(*NOVEMBER) if each.key.type == "all"]
    assert row[5] == 100 * sum(each.net_sales for each in report)
    assert row[6] == 100 * sum(each.net_tax for each in report)
    taxed = by_label(sales.taxes(NOVEMBER))
    assert sum(net_tax for *_more, net_tax in taxed.values()) == row[6]


def test_categories_use_the_first_one(sold: Any, product: Any) -> None:
    plane, glue = product("Plane", price="50.00"), product("Glue", price="5.00")
    put_in_category(plane, "Aircraft", "Indoor")
    put_in_category(plane, "Gear")
    sold((plane, 2), glue)
    assert by_label(sales.categories(NOVEMBER)) == {
        "Aircraft": [2, 10000],
        "No category": [1, 500],
    }


def test_destinations_are_places_of_supply(sold: Any, product: Any) -> None:
    plane = product(price="50.00", stock=50)
    sold(plane)
    sold(plane)
    ontario = sold(plane, province="ON", postcode="K1A 0B1")
    cents = int(ontario.total_excl_tax * 100)
    assert by_label(sales.destinations(NOVEMBER)) == {"CA SK": [2, 12300], "CA ON": [1, cents]}


def test_promotion_page_list_and_report_count_the_same_orders(
    sold: Any, order: Any, product: Any, staff: Client
) -> None:
    # Mutation: the page and the list counted the unpaid order, too
    offer = make_offer("Ten off", "10")
    plane = product(price="50.00", stock=50)
    sold((plane, 2))
    order((plane, 4))  # not paid
    cancel_order(order=sold(plane), reason="Too late", by=None)
    ship(sold(plane))
    assert by_label(sales.promotions(NOVEMBER)) == {"Ten off": [2, 1500]}
    usage = usage_of(Promotion.objects.get(pk=offer.pk))
    assert (usage.orders, usage.discount) == (2, Decimal("15.00"))
    page = staff.get(reverse("admin:promotions_promotion_changelist")).content.decode()
    assert "$15.00 in 2 orders" in page


def test_figures_compare_with_the_days_before(sold: Any, product: Any) -> None:
    plane = product(price="50.00", stock=50)
    sold(plane)
    sold(plane, at="2026-11-19T18:00:00+00:00")
    sold(plane, at="2026-11-19T19:00:00+00:00")
    found = figures(SALES, Period(DAY, DAY))
    (line,) = found.lines
    assert (line.label, line.values[0], line.previous[0]) == ("20 Nov", 1, 2)
    assert line.values[5:] == [Decimal("61.50"), Decimal("6.77"), Decimal("68.27")]
    assert found.totals[0] == ("Orders", "1", "2", "\N{MINUS SIGN}50.0%")
    assert found.totals[5] == ("Net sales", "$61.50", "$123.00", "\N{MINUS SIGN}50.0%")


def test_queries_do_not_grow_with_orders(sold: Any, product: Any) -> None:
    counts = []
    for _more in range(2):
        sold((product(price="33.33"), 3), product("Ladybird"))
        with CaptureQueriesContext(connection) as run:
            for report in REPORTS.values():
                figures(report, NOVEMBER)
        counts.append(len(run))
    assert counts[0] == counts[1]


def test_promises_are_kept_on_the_day_and_late_after_it(sold: Any, product: Any) -> None:
    plane = product(stock=50)
    kept, late, never, cancelled = (sold(plane) for _order in range(4))
    for made in (kept, late):
        ship(made)
    cancel_order(order=cancelled, reason="Too late", by=None)
    Order.objects.update(ships_by=date(2026, 11, 23))
    kept.shipping_events.update(date_created=datetime(2026, 11, 24, 5, 59, tzinfo=UTC))
    late.shipping_events.update(date_created=datetime(2026, 11, 24, 6, 0, tzinfo=UTC))
    assert never.status == "placed"
    with time_machine.travel("2026-11-24T05:59:00+00:00"):  # the day is not over
        assert activity.promises(NOVEMBER) == {}
    with time_machine.travel("2026-11-24T06:00:00+00:00"):
        assert activity.promises(NOVEMBER) == {date(2026, 11, 23): [3, 1, 2]}
