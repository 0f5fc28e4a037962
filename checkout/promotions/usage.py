"""How often a promotion was used: orders, discount and revenue, by code and by day."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
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
    """The uses of a promotion by orders that were not cancelled; amounts in CAD."""

    orders: int
    discount: Decimal
    revenue: Decimal  # of these orders, before tax, with shipping
    codes: QuerySet[Any, Any]  # those used most
    code_count: int
    latest: QuerySet[Order]
    chart: Chart


def usage_of(offer: Promotion) -> Usage:
    """Return the usage of a promotion. Six queries."""
    uses = OrderDiscount.objects.in_use().filter(offer_id=offer.pk).order_by()
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
        latest=orders.order_by("-date_placed", "-pk")[:_MOST],
        chart=_chart(uses),
    )


def _chart(uses: Any) -> Chart:
    """Return the discount by day, up to today."""
    today = timezone.localdate()
    since = today - timedelta(days=_DAYS - 1)
    days = uses.annotate(day=TruncDate("order__date_placed")).filter(day__gte=since)
    found = dict(days.values("day").annotate(total=Sum("amount")).values_list("day", "total"))
    rows = [
        Row(date_format(day, "j M"), (found.get(day, Decimal(0)),))
        for day in (since + timedelta(days=n) for n in range(_DAYS))
    ]
    return Chart(
        "discount",
        _("Discount by day"),
        ChartType.BARS,
        [_("Discount")],
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
