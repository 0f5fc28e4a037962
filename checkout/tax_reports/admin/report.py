"""Tax lines of orders, and the tax report as a page and a CSV file."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.validators import MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.tax.models import TaxLine
from checkout.tax_reports.report import COLUMNS, csv_rows, tax_report
from microflight.core.admin_base import ReadOnlyAdmin, admin_link, admin_page
from microflight.core.csv_files import csv_lines, csv_response

#: No order is older.
_EARLIEST = date(2000, 1, 1)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(_EARLIEST)],
    )


class ReportForm(forms.Form):
    """The days of the report."""

    first = _day(_("First day"))
    last = _day(_("Last day"))
    monthly = forms.BooleanField(label=_("By month"), required=False)

    def clean(self) -> dict[str, Any]:
        """Reject a period that ends before it starts, or in the future."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if last and last > timezone.localdate():
            self.add_error("last", gettext("Enter today or an earlier day."))
        elif first and last and last < first:
            self.add_error("last", gettext("Enter a day after the first day."))
        return data


@admin.register(TaxLine)
class TaxLineAdmin(ReadOnlyAdmin):
    """The ledger of the taxes of orders, paid or not."""

    list_display = ["order_link", "component", "province", "rate", "base", "amount", "registration"]
    list_display_links = None
    list_filter = ["component", "province"]
    list_select_related = ["order"]
    search_fields = ["order__number", "registration"]
    change_list_template = "admin/tax_reports/tax_lines.html"
    ordering = ["-pk"]

    @admin.display(description=_("order"))
    def order_link(self, row: TaxLine) -> str:
        return admin_link(row.order, row.order.number)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaxLine]:
        """Return the tax lines without the columns of orders that the list does not show."""
        return (
            super()
            .get_queryset(request)
            .only(
                "component", "province", "rate", "base", "amount", "registration", "order__number"
            )
        )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.report_view)
        return [path("report/", view, name="tax_taxline_report"), *super().get_urls()]

    def report_view(self, request: HttpRequest) -> HttpResponseBase:
        """Show the report of some days, or return it as a CSV file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        start = {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
        form = ReportForm(request.GET if "first" in request.GET else start)
        rows = tax_report(**form.cleaned_data) if form.is_valid() else []
        if form.is_valid() and "csv" in request.GET:
            name = f"taxes-{form.cleaned_data['first']}-{form.cleaned_data['last']}.csv"
            return csv_response(csv_lines(csv_rows(rows), COLUMNS), name)
        context = {
            "title": _("Tax report"),
            "form": form,
            "rows": rows,
        }
        return admin_page(self, request, "admin/tax_reports/report.html", context)
