"""The list of the reports, and the page and CSV file of each."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.tax_reports.admin.report import ReportForm
from microflight.core.csv_files import csv_lines, csv_response
from microflight.reports.periods import Period
from microflight.reports.registry import REPORTS
from microflight.reports.replica import read_from_replica
from microflight.reports.report import Figures, Report, figures

#: The most rows of a page; the CSV file has all.
MOST_ROWS = 100
REPLICA_FAILED = _(
    "The read replica does not answer, so these numbers were read from the main database. They are "
    "complete. Ask the person who runs the server to check it."
)


class PeriodForm(ReportForm):
    """The days of a report."""

    monthly = None  # type: ignore[assignment]  # Django removes the field


def permitted(request: HttpRequest) -> list[Report]:
    """Return the reports that a staff member may see."""
    return [each for each in REPORTS.values() if request.user.has_perm(each.permission)]


def report_list(request: HttpRequest) -> TemplateResponse:
    """Show the reports. Staff who may see none get 403."""
    reports = permitted(request)
    if not reports:
        raise PermissionDenied
    return _page(request, "list", {"title": _("Reports"), "reports": reports})


def report_page(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show a report of some days, or return it as a CSV file; without days, of the last 30."""
    report = REPORTS.get(name)
    if report is None:
        raise Http404
    if not request.user.has_perm(report.permission):
        raise PermissionDenied
    usual = Period.ending(timezone.localdate(), 30)
    start = {"first": usual.first.isoformat(), "last": usual.last.isoformat()}
    form = PeriodForm(request.GET if "first" in request.GET else start)
    found = None
    if form.is_valid():
        period = Period(form.cleaned_data["first"], form.cleaned_data["last"])
        found, has_failed = read_from_replica(partial(figures, report, period))
        if has_failed:
            messages.warning(request, REPLICA_FAILED)
    if found and "csv" in request.GET:
        rows, columns = found.csv()
        file_name = f"{name}-{found.period.first}-{found.period.last}.csv"
        return csv_response(csv_lines(rows, columns), file_name)
    return _page(request, "report", _context(report, form, found))


def _context(report: Report, form: PeriodForm, found: Figures | None) -> dict[str, Any]:
    context: dict[str, Any] = {
        "title": report.title,
        "report": report,
        "form": form,
        "choices": _choices(timezone.localdate()),
    }
    if found:
        context |= {
            "figures": found,
            "chart": found.chart(),
            "rows": found.table[:MOST_ROWS],
            "more_rows": max(0, len(found.lines) - MOST_ROWS),
        }
    return context


def _choices(today: date) -> list[tuple[str, Period]]:
    """Return common periods with their names."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return [
        (gettext("7 days"), Period.ending(today, 7)),
        (gettext("30 days"), Period.ending(today, 30)),
        (gettext("This month"), Period(month, today)),
        (gettext("Last month"), Period(before.replace(day=1), before)),
        (gettext("This year"), Period(today.replace(month=1, day=1), today)),
        (gettext("12 months"), Period.ending(today, 365)),
    ]


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
    base = admin.site.each_context(request)
    return TemplateResponse(request, f"admin/reports/{template}.html", base | context)
