"""Reports of orders: sales, products, categories, destinations, discounts and taxes.

An order counts on the day when it was placed, that is when its payment was authorized, in shop
time. Units that were cancelled before the payment was captured were never charged and do not
count; neither does an order of which nothing was captured before it was cancelled. Refunds count
on the day when they were made, as in the tax report: without those that a bank returned, and
without what was refunded beyond the total of an order.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.translation import gettext

from catalog.models import Category, ProductCategory
from checkout.order.models import Line, Order
from checkout.order.states import OrderState
from checkout.payment.models import PaymentAttempt
from checkout.promotions.usage import uses_in_placed_orders
from checkout.refunds.models import AllocationType, RefundAllocation
from checkout.tax.models import TaxLine
from checkout.tax_reports.report import RowType, tax_report
from microflight.core.money import to_cents
from microflight.reports.periods import Period
from microflight.reports.report import Item, Rows, add, cents_of

ORDERS = "admin:order_order_changelist"


def counted_orders(period: Period) -> QuerySet[Order]:
    """Return the orders placed in a period, without those of which nothing was ever charged."""
    captured = PaymentAttempt.objects.filter(order=OuterRef("pk"), captured_cents__gt=0)
    orders = Order.objects.filter(**period.within("placed_at"))
    # in this order: the payments of cancelled orders alone are read
    return orders.exclude(Q(status=OrderState.CANCELLED) & ~Exists(captured))


def orders_url(period: Period, **more: str) -> str:
    """Return the list of the orders placed in a period."""
    return reverse(ORDERS) + period.query("placed_at", **more)


def _charged(column: str, line: str = "") -> Any:
    """Return the cents of a line without its units cancelled before the capture, rounded like
    `checkout.refunds.allocation.price_of_first`. Shipping has no line."""
    uncharged, quantity, cents = F(f"{line}uncharged"), F(f"{line}quantity"), cents_of(column)
    share = (cents * uncharged * 2 + quantity) / (quantity * 2)
    return cents - Case(When(**{f"{line}uncharged__gt": 0}, then=share), default=Value(0))


def _refunds(period: Period) -> QuerySet[RefundAllocation]:
    refunds = RefundAllocation.objects.filter(refund__failed_at=None)
    refunds = refunds.filter(**period.within("refund__created_at"))
    return refunds.exclude(type=AllocationType.OTHER).order_by()


def sales(period: Period, *, is_net_only: bool = False) -> Rows:
    """Return by day: orders, gross sales, discounts, shipping, refunds, net sales, tax, total.

    All but tax and total are before tax. Net sales: gross sales - discounts + shipping - refunds.
    Tax is charged tax less refunded tax. Four queries; three for net sales alone, without gross
    sales, discounts and tax.
    """
    days: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for rows in _sales_queries(period, is_net_only):
        for row in rows:
            day = days[row["day"]]
            for name in row.keys() - {"day"}:
                day[name] += row[name]
    refunds = _refunds(period).values_list(TruncDate("refund__created_at"), "component")
    for at, component, cents in refunds.annotate(Sum("cents")):
        if component:
            days[at]["tax"] -= cents
        else:
            days[at]["refunds"] += cents
    return {day: _sales_row(found) for day, found in days.items()}


def _sales_queries(period: Period, is_net_only: bool) -> Iterator[Iterable[Any]]:
    """Yield orders and shipping, prices of items, and taxes by day."""
    orders = counted_orders(period)
    by_order = orders.order_by().values(day=TruncDate("placed_at"))
    yield by_order.annotate(orders=Count("pk"), shipping=Sum(cents_of("shipping_excl_tax")))
    lines = _by_day(Line.objects.filter(order__in=orders))
    items = lines.annotate(items=Sum(_charged("line_price_excl_tax")))
    if is_net_only:
        yield items
    else:
        yield items.annotate(gross=Sum(_charged("line_price_before_discounts_excl_tax")))
        taxes = _by_day(TaxLine.objects.filter(order__in=orders))
        yield taxes.annotate(tax=Sum(_charged("amount", "line__")))


def _by_day(rows: QuerySet) -> QuerySet:
    return rows.order_by().values(day=TruncDate("order__placed_at"))


def _sales_row(day: dict[str, int]) -> list[int]:
    net = day["items"] + day["shipping"] - day["refunds"]
    discounts = day["gross"] - day["items"]
    return [
        day["orders"], day["gross"], discounts, day["shipping"], day["refunds"], net, day["tax"],
        net + day["tax"],
    ]  # fmt: skip


_PRODUCT = ("partner_sku", "title")


def _sold(period: Period, *keys: str) -> Any:  # mypy does not know annotated columns
    """Return what the lines of the counted orders sold, by some columns: units, and cents before
    tax after discounts."""
    return _units(period, *keys).annotate(cents=Sum(_charged("line_price_excl_tax")))


def _units(period: Period, *keys: str) -> Any:  # likewise
    lines = Line.objects.filter(order__in=counted_orders(period)).order_by().values_list(*keys)
    return lines.annotate(units=Sum(F("quantity") - F("uncharged")))


def products(period: Period) -> Rows:
    """Return by product: units, sales, refunds, net sales; before tax. Two queries."""
    found, names = Rows(), dict[str, str]()
    for sku, title, units, cents in _sold(period, *_PRODUCT):
        names.setdefault(sku, title)
        add(found, sku, units, cents, 0, cents)
    refunds = _refunds(period).filter(component="", type=AllocationType.ITEMS)
    by_product = refunds.values_list(*(f"line__{key}" for key in _PRODUCT))
    for sku, title, cents in by_product.annotate(Sum("cents")):
        names.setdefault(sku, title)
        add(found, sku, 0, 0, cents, -cents)
    return {
        Item(f"{names[sku]} ({sku})", orders_url(period, q=sku)): numbers
        for sku, numbers in found.items()
    }


def top_products(period: Period, most: int) -> Rows:
    """Return the products that sold the most units, without refunds: one query."""
    sold = _units(period, *_PRODUCT).order_by("-units", "title", "partner_sku")
    return {
        Item(f"{title} ({sku})", orders_url(period, q=sku)): [units]
        for sku, title, units in sold[:most]
    }


def categories(period: Period) -> Rows:
    """Return units and sales by top-level category, that of a product's first category; a variant
    has its parent's. Refunds are not deducted. Three queries."""
    top = Category.objects.filter(depth=1).values_list("path", "pk", "name")
    roots: dict[str, tuple[int, str]] = {path: (pk, name) for path, pk, name in top}
    paths = ProductCategory.objects.order_by("-category__path")
    first = dict(paths.values_list("product", "category__path"))  # the first path is the last row
    found = Rows()
    for product, parent, units, cents in _sold(period, "product", "product__parent"):
        path = first.get(product) or first.get(parent, "")
        pk, name = roots.get(path[: Category.steplen], (0, gettext("No category")))
        url = reverse("admin:catalogue_category_change", args=[pk]) if pk else ""
        add(found, Item(name, url), units, cents)
    return found


def destinations(period: Period) -> Rows:
    """Return by country or Canadian province: orders, and sales with shipping, before tax, after
    discounts. Pickups count where the shop is. Refunds are not deducted. Two queries."""
    orders, keys = counted_orders(period), ("supply_country", "supply_province")
    found = Rows()
    by_place = orders.order_by().values_list(*keys)
    for *place, count, cents in by_place.annotate(
        n=Count("pk"), cents=Sum(cents_of("shipping_excl_tax"))
    ):
        found[tuple(place)] = [count, cents]
    lines = Line.objects.filter(order__in=orders).order_by()
    sold_to = lines.values_list(*(f"order__{key}" for key in keys))
    for *place, cents in sold_to.annotate(cents=Sum(_charged("line_price_excl_tax"))):
        found[tuple(place)][1] += cents
    return {
        Item(
            place_name(*place),
            orders_url(period, **dict(zip(keys, place, strict=True))),
        ): numbers
        for place, numbers in found.items()
    }


def place_name(country: str, province: str) -> str:
    return " ".join(filter(None, (country, province))) or gettext("Unknown")


def promotions(period: Period) -> Rows:
    """Return by offer and discount code: orders that used it, and the discount before tax. Counted
    as on the page of a promotion: orders that were placed in the period and not cancelled."""
    uses = uses_in_placed_orders().filter(**period.within("order__placed_at"))
    keys = ("offer_name", "voucher_code")
    totals = uses.order_by().values(*keys).annotate(
        orders=Count("order", distinct=True), cents=Sum(cents_of("amount"))
    )  # fmt: skip
    url = reverse("admin:offer_conditionaloffer_changelist")
    return {
        Item(f"{name} ({code})" if code else name, f"{url}?{urlencode({'q': name})}"): [n, cents]
        for name, code, n, cents in totals.values_list(*keys, "orders", "cents")
    }


def taxes(period: Period) -> Rows:
    """Return by component and province, on the day of the capture, as in the tax report: taxed
    sales less refunds, tax charged, tax refunded, tax to remit."""
    url = reverse("admin:tax_taxline_changelist")
    return {
        Item(
            f"{row.key.component} {row.key.place}",
            f"{url}?{urlencode({'component': row.key.component, 'province': row.key.place})}",
        ): list(map(to_cents, (row.net_sales, row.tax, row.tax_refunded, row.net_tax)))
        for row in tax_report(period.first, period.last)
        if row.key.type == RowType.TAXED
    }
