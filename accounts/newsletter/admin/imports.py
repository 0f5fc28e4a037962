"""Lists that staff bring along: uploaded, checked row by row, then taken over."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from accounts.newsletter import importing
from accounts.newsletter.admin.journal import log
from accounts.newsletter.exporting import csv_lines
from accounts.newsletter.listfile import MOST_BYTES, MOST_ROWS, NEEDED, OPTIONAL, Unreadable
from accounts.newsletter.models import ImportRun, ImportState, Topic, Verdict
from microflight.core.admin_base import ReadOnlyAdmin

if TYPE_CHECKING:
    from accounts.users.models import User

_PAGE = "admin:newsletter_importrun_change"


class UploadForm(forms.Form):
    """The list."""

    file = forms.FileField(
        label="List",
        max_length=120,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=f"CSV in UTF-8, at most {MOST_ROWS:,} rows and {MOST_BYTES // 1024**2} MB.",
    )


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """Each list stays with its totals; its rows are forgotten after an hour."""

    list_display = ["file_name", "state", "rows", "added", "asked", "checked_at", "by"]
    list_filter = ["state"]
    list_select_related = ["by"]
    show_full_result_count = False
    change_list_template = "admin/newsletter/lists.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may bring a list along."""
        return request.user.has_perm("newsletter.add_importrun")

    def get_urls(self) -> list[Any]:
        """Add the step that imports, and the report."""
        wrap = self.admin_site.admin_view
        name = "newsletter_importrun_"
        return [
            path("<int:pk>/start/", wrap(self.start_view), name=f"{name}start"),
            path("<int:pk>/report.csv", wrap(self.report_view), name=f"{name}report"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a file and check it; nobody is added here."""
        self._needs(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                run = importing.check(form.cleaned_data["file"], by=cast("User", request.user))
            except Unreadable as problem:
                form.add_error("file", str(problem))
            else:
                return HttpResponseRedirect(reverse(_PAGE, args=[run.pk]))
        context = {
            "form": form,
            "title": "Bring a list along",
            "needed": NEEDED,
            "optional": OPTIONAL,
            "topics": Topic.objects.all(),
        }
        return self._page(request, "import.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what the check found, or how far the list has come."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = ImportRun.objects.select_related("by")
        run = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if run is None:
            raise Http404
        context = {
            "run": run,
            "title": run.file_name,
            "totals": [(run.total(each.value), each) for each in Verdict],
            "samples": [
                (number, email, Verdict(letter).label, why)
                for number, email, letter, why in run.samples
            ],
            "may_start": run.state == ImportState.CHECKED and self.has_add_permission(request),
            "percent": 100 * run.position // run.rows if run.rows else 100,
        }
        return self._page(request, "import_run.html", context)

    def start_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Import a checked list; POST only."""
        self._needs(request)
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        run = get_object_or_404(ImportRun, pk=pk)
        try:
            if importing.start(run):
                log(request, f"Import of list {pk} begun: {run.to_add} people", None, ADDITION)
        except importing.NotPossible as problem:
            messages.error(request, str(problem))
        return HttpResponseRedirect(reverse(_PAGE, args=[pk]))

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Hand out every row with its verdict, at the check and now."""
        self._needs(request)
        run = get_object_or_404(ImportRun, pk=pk)
        if not run.stored:
            raise Http404("The file is deleted.")
        return StreamingHttpResponse(
            csv_lines(_report_rows(run), ("row", "email", "at the check", "now", "why")),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="list-{pk}-report.csv"'},
        )

    def _needs(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/newsletter/{template}", whole)


def _report_rows(run: ImportRun) -> Iterator[tuple[object, ...]]:
    for row, before in importing.report(run):
        yield row.number, row.email, before.label, row.verdict.label, row.why
