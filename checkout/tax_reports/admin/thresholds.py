"""Thresholds with their running totals, and exchange rates."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.tax_reports.models import ExchangeRate, TaxThreshold
from checkout.tax_reports.thresholds import RunningTotal, running_totals
from microflight.core.money import format_money
from microflight.core.sourced_admin import SOURCED_COLUMNS, CheckFilter, SourcedAdmin


@admin.register(TaxThreshold)
class TaxThresholdAdmin(SourcedAdmin):
    """Where the shop may have to register, and how much it has sold there."""

    list_display = ["place", "threshold", "period", "sales", "reached", *SOURCED_COLUMNS]
    search_fields = ["country", "province"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list, with the running total of each row."""
        changelist = super().get_changelist_instance(request)
        totals = running_totals()
        for row in changelist.result_list:
            row.running_total = totals[row.pk]
        return changelist

    @admin.display(description=_("place"), ordering="country")
    def place(self, row: TaxThreshold) -> str:
        return str(row)

    @admin.display(description=_("threshold"), ordering="amount")
    def threshold(self, row: TaxThreshold) -> str:
        """Return `NOK 50,000.00`, or that it is the first sale."""
        if not row.amount:
            return gettext("the first sale")
        return f"{row.currency} {row.amount:,.2f}"

    @admin.display(description=_("sales before tax"))
    def sales(self, row: Any) -> str:
        """Return the sales of the period, in CAD and in the currency of the threshold."""
        total: RunningTotal = row.running_total
        if row.currency == "CAD" or not total.cad:
            return format_money(total.cad)
        if total.amount is None:
            text = gettext("%(cad)s: enter the exchange rate of %(currency)s")
            return text % {"cad": format_money(total.cad), "currency": row.currency}
        return f"{format_money(total.cad)} ({row.currency} {total.amount:,.2f})"

    @admin.display(description=_("reached"))
    def reached(self, row: Any) -> SafeString | str:
        """Return how much of the threshold is reached, highlighted from 80 %."""
        total: RunningTotal = row.running_total
        if total.is_registered:
            return gettext("registered")
        percent = total.percent
        text = "–" if percent is None else f"{percent} %"
        if not total.warns:
            return text
        text = gettext("register") if percent is None or percent >= 100 else text
        return format_html('<span class="state verdict-breached">{}</span>', text)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(SourcedAdmin):
    """To change a rate, add one with its first day."""

    list_display = ["currency", "cad", "starts_on", *SOURCED_COLUMNS]
    list_filter = ["currency", CheckFilter]
    search_fields = ["currency"]
