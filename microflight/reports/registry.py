"""All reports, in the order of their list. A new one is a function, a row here and a template."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from microflight.core.charts import Unit
from microflight.reports import activity, sales
from microflight.reports.report import Column, Report

_ORDERS = "order.view_order"


def _money(*labels: Any) -> list[Column]:
    return [Column(label, Unit.MONEY) for label in labels]


def _counts(*labels: Any) -> list[Column]:
    return [Column(label) for label in labels]


def _ratio(label: Any, part: int, whole: int) -> Column:
    return Column(label, Unit.PERCENT, (part, whole))


def _by_item(
    label: Any, name: str, title: Any, permission: str, rows: Any, columns: Any, *, charted: int = 0
) -> Report:
    return Report(name, title, permission, rows, columns, label, by_day=False, charted=charted)


_SALES = _money(_("Gross sales"), _("Discounts"), _("Shipping"), _("Refunds"), _("Net sales"))
_PRODUCTS = _money(_("Sales"), _("Refunds"), _("Net sales"))
_TAXES = _money(_("Taxed sales"), _("Tax charged"), _("Tax refunded"), _("Net tax"))
_SEARCHES = _counts(_("Searches"), _("Without results"))
_EMAILS = _counts(
    _("Delivered"), _("Clicks"), _("Unsubscribed"), _("Bounced"), _("Spam complaints")
)
_STOCK = _counts(_("On hand")) + _money(_("Value"), _("Value at cost")) + _counts(_("Without cost"))
_UNITS = _counts(_("Returns"), _("Units requested"), _("Units restocked"), _("Units not restocked"))
_PROMISES = _counts(_("Orders"), _("Kept"), _("Late"))
_CARTS = [*_counts(_("Carts"), _("Paid"), _("Abandoned")), *_money(_("Value of abandoned carts"))]

SALES = Report(
    "sales", _("Sales"), _ORDERS, sales.sales,
    [*_counts(_("Orders")), *_SALES, *_money(_("Tax"), _("Total"))],
    charted=5, list_of=sales.orders_url,
)  # fmt: skip
CARTS = Report(
    "carts", _("Abandoned carts"), _ORDERS, activity.carts,
    [*_CARTS, _ratio(_("Cart to paid, %"), 1, 0)], charted=2,
)  # fmt: skip
_ALL = (
    SALES,
    _by_item(_("Product"), "products", _("Products"), _ORDERS, sales.products,
             [*_counts(_("Units")), *_PRODUCTS], charted=3),
    _by_item(_("Category"), "categories", _("Categories"), _ORDERS, sales.categories,
             [*_counts(_("Units")), *_money(_("Sales"))], charted=1),
    _by_item(_("Destination"), "destinations", _("Destinations"), _ORDERS, sales.destinations,
             [*_counts(_("Orders")), *_money(_("Sales"))], charted=1),
    _by_item(_("Tax"), "taxes", _("Taxes"), "tax.view_taxline", sales.taxes, _TAXES, charted=3),
    _by_item(_("Product type"), "stock", _("Stock value"), "partner.view_stockrecord",
             activity.stock_value, _STOCK, charted=1),
    _by_item(_("Promotion"), "promotions", _("Promotions"), "offer.view_conditionaloffer",
             sales.promotions, [*_counts(_("Orders")), *_money(_("Discount"))], charted=1),
    _by_item(_("Search term"), "searches", _("Searches"), "search_index.view_searchterm",
             activity.searches, [*_SEARCHES, _ratio(_("Without results, %"), 1, 0)]),
    _by_item(_("Campaign"), "campaigns", _("Newsletter"), "newsletter.view_campaign",
             activity.campaigns, [*_EMAILS, _ratio(_("Clicks per email, %"), 1, 0)], charted=1),
    _by_item(_("Reason"), "returns", _("Returns"), "returns.view_return", activity.returns, _UNITS,
             charted=1),
    Report("promises", _("Delivery promises kept"), _ORDERS, activity.promises,
            [*_PROMISES, _ratio(_("Kept, %"), 1, 0)], charted=3),
    CARTS,
)  # fmt: skip

REPORTS = {report.name: report for report in _ALL}
