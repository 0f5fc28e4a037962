"""The charts of the start page: the last 30 days, sales compared with the 30 days before."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.core.cache import cache
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from checkout.order.models import Order
from checkout.order.states import OrderState
from microflight.core.charts import Chart, ChartType, Row
from microflight.reports import activity, sales
from microflight.reports.periods import Period
from microflight.reports.registry import CARTS, REPORTS, SALES
from microflight.reports.replica import read_from_replica
from microflight.reports.report import Item, Report, Rows, add, figures

_DAYS, _MOST = 30, 5
_CACHE_SECONDS = 300


def charts(request: HttpRequest) -> list[Chart]:
    """Return the charts that a staff member may see; cached, seven queries if not."""
    today = timezone.localdate()
    permitted = {
        f"start-charts:{name}:{today}": partial(make, Period.ending(today, _DAYS))
        for name, (permission, make) in CHARTS.items()
        if request.user.has_perm(permission)
    }
    return read_from_replica(
        lambda: [
            chart
            for key, made in permitted.items()
            for chart in cache.get_or_set(key, made, _CACHE_SECONDS) or []
        ]
    )[0]


def _sales(period: Period) -> list[Chart]:
    report = replace(SALES, rows=partial(sales.sales, is_net_only=True))
    return [
        _with_title(figures(report, period).chart(), SALES, period, gettext("Net sales by day"))
    ]


def _conversion(period: Period) -> list[Chart]:
    report = replace(CARTS, name="conversion", charted=len(CARTS.columns) - 1)
    title = gettext("Carts that were paid, by day")
    return [_with_title(figures(report, period).chart(), CARTS, period, title)]


def _with_title(chart: Chart, report: Report, period: Period, title: str) -> Chart:
    days = f"?first={period.first}&last={period.last}"
    return replace(chart, title=title, report_url=report.url + days)


def _orders(period: Period) -> list[Chart]:
    """Return orders by state and by destination: one query."""
    keys = ("status", "supply_country", "supply_province")
    orders = Order.objects.filter(**period.within("date_placed")).order_by().values_list(*keys)
    states, places, url = Rows(), Rows(), reverse(sales.ORDERS)
    rows = orders.annotate(Count("pk"), Count("placed_at"))
    for state, country, province, count, placed in rows:
        query = period.query("date_placed", state=state)
        add(states, Item(str(OrderState(state).label), url + query), count)
        if placed:
            of_place = {"supply_country": country, "supply_province": province}
            query = period.query("date_placed", placed_at__isnull="False", **of_place)
            add(places, Item(sales.place_name(country, province), url + query), placed)
    return [
        _bars("states", gettext("Orders by state"), states, period, SALES),
        _bars("places", gettext("Order destinations"), places, period, REPORTS["destinations"]),
    ]


def _products(period: Period) -> list[Chart]:
    rows = sales.top_products(period, _MOST)
    return [_bars("top", gettext("Top products"), rows, period, REPORTS["products"])]


def _searches(period: Period) -> list[Chart]:
    rows = activity.failed_searches(period, _MOST)
    title = gettext("Searches without results")
    return [_bars("failed", title, rows, period, REPORTS["searches"])]


def _bars(name: str, title: str, rows: Rows, period: Period, report: Report) -> Chart:
    """Return the items with the largest numbers, as in the first column of a report."""
    most = sorted(rows.items(), key=lambda pair: (-pair[1][0], pair[0]))[:_MOST]
    shown = [Row(item.label, (count,), item.url) for item, (count,) in most]
    column = report.columns[0].label
    chart = Chart(name, title, ChartType.HORIZONTAL_BARS, (column,), shown, report.label)
    return _with_title(chart, report, period, title)


CHARTS: dict[str, tuple[str, Callable[[Period], list[Chart]]]] = {
    "sales": ("order.view_order", _sales),
    "orders": ("order.view_order", _orders),
    "conversion": ("order.view_order", _conversion),
    "products": ("order.view_order", _products),
    "searches": ("search_index.view_searchterm", _searches),
}
