"""How often a promotion was used: orders, discount and revenue, by code and by day.

An order counts from when it was placed until it is cancelled, as in the report of promotions
(`uses_in_placed_orders`). The limits of an offer count unpaid orders, too.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from oscar.apps.voucher.models import Voucher

from checkout.order.models import Order, OrderDiscount
from checkout.promotions.models import Promotion
from microflight.core.charts import Chart, ChartType, Row, Unit
from microflight.core.csv_files import csv_lines, csv_response

_DAYS = 30  # of the chart
_MOST = 20  # codes and orders on the page
_COLUMNS = ("code", "orders", "discount", "valid_from", "valid_until")


@dataclass(frozen=True)
class Usage:
    """The uses of a promotion by placed orders; amounts in CAD."""

    orders: int
    discount: Decimal
    revenue: Decimal  # of these orders, before tax, with shipping
    codes: QuerySet[Any, Any]  # those used most
    code_count: int
    latest: QuerySet[Order]
    chart: Chart


def uses_in_placed_orders() -> QuerySet[OrderDiscount]:
    """Return the uses of offers and codes that count: of orders placed and not cancelled."""
    return OrderDiscount.objects.in_use().filter(order__placed_at__isnull=False)


def usage_of(offer: Promotion) -> Usage:
    """Return the usage of a promotion. Six queries."""
    uses = uses_in_placed_orders().filter(offer_id=offer.pk).order_by()
    orders = Order.objects.filter(pk__in=uses.values("order_id"))
    by_code = uses.exclude(voucher_code="").values("voucher_code")
    return Usage(
        orders=orders.count(),
        discount=uses.aggregate(total=Sum("amount", default=Decimal(0)))["total"],
        revenue=orders.aggregate(total=Sum("total_excl_tax", default=Decimal(0)))["total"],
        codes=by_code.annotate(
            orders=Count("order", distinct=True),
            discount=Sum("amount"),
            revenue=Sum("order__total_excl_tax"),
        ).order_by("-orders", "voucher_code")[:_MOST],
        code_count=Voucher.objects.filter(offers=offer.pk).count() if offer.is_with_code else 0,
        latest=orders.order_by("-placed_at", "-pk")[:_MOST],
        chart=_chart(uses),
    )


def with_usage(offers: Any) -> Any:
    """Annotate promotions with `used_orders` and `used_discount` (CAD), as `usage_of` counts."""
    uses = uses_in_placed_orders().filter(offer_id=OuterRef("pk"))
    by_offer = uses.order_by().values("offer_id")
    orders = by_offer.annotate(n=Count("order", distinct=True)).values("n")
    discount = by_offer.annotate(total=Sum("amount")).values("total")
    return offers.annotate(
        used_orders=Coalesce(Subquery(orders), 0),
        used_discount=Coalesce(Subquery(discount), Decimal(0), output_field=DecimalField()),
    )


def _chart(uses: Any) -> Chart:
    """Return the discount by day up to today, and of the days as long before."""
    today, length = timezone.localdate(), timedelta(days=_DAYS)
    since = today - length + timedelta(days=1)
    days = uses.annotate(day=TruncDate("order__placed_at")).filter(day__gte=since - length)
    found = dict(days.values("day").annotate(total=Sum("amount")).values_list("day", "total"))
    none = Decimal(0)
    rows = [
        Row(date_format(day, "j M"), (found.get(day, none), found.get(day - length, none)))
        for day in (since + timedelta(days=n) for n in range(_DAYS))
    ]
    return Chart(
        "discount",
        _("Discount by day"),
        ChartType.LINE,
        [_("Discount"), _("Previous period")],
        rows,
        _("Day"),
        Unit.MONEY,
    )


def codes_csv(offer: Promotion) -> StreamingHttpResponse:
    """Return all codes of a promotion, with their usage."""
    vouchers = Voucher.objects.filter(offers=offer).order_by("pk")
    rows = (
        (each.code, each.num_orders, each.total_discount, each.start_datetime, each.end_datetime)
        for each in vouchers.iterator(chunk_size=1_000)
    )
    return csv_response(csv_lines(rows, _COLUMNS), f"codes-{slugify(offer.name)[:60]}.csv")
