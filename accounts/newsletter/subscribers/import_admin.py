"""Imports in the admin: upload, dry run, import, report."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.subscribers import imports
from accounts.newsletter.subscribers.admin import admin_page, csv_response
from accounts.newsletter.subscribers.csv_export import csv_lines
from accounts.newsletter.subscribers.csv_import import (
    MAX_BYTES,
    MAX_ROWS,
    OPTIONAL,
    REQUIRED,
    InvalidFile,
)
from accounts.newsletter.subscribers.models import ImportRun, ImportState, RowResult, Topic
from microflight.core.action_view import ActionForm, ActionView, available_actions
from microflight.core.admin_base import ReadOnlyAdmin

if TYPE_CHECKING:
    from accounts.users.models import User

_PAGE = "admin:newsletter_importrun_change"


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        max_length=120,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_("CSV in UTF-8, at most %(rows)s rows and %(size)d MB.")
        % {"rows": f"{MAX_ROWS:,}", "size": MAX_BYTES // 1024**2},
    )


class StartForm(ActionForm):
    """Imports the people of a checked file."""

    subject: ImportRun
    permission = "newsletter.add_importrun"
    title = button = _("Import subscribers")

    @classmethod
    def is_available(cls, subject: ImportRun) -> bool:
        return subject.state == ImportState.CHECKED and subject.to_add > 0

    def perform(self, by: "User") -> str:
        imports.start(self.subject)
        return gettext("Import started: %(count)d people.") % {"count": self.subject.to_add}


ACTIONS: dict[str, type[ActionForm]] = {"start": StartForm}


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """Each import stays with its totals; its rows are deleted after an hour."""

    list_display = ["file_name", "state", "rows", "added", "asked", "checked_at", "by"]
    list_filter = ["state"]
    list_select_related = ["by"]
    show_full_result_count = False
    change_list_template = "admin/newsletter/imports.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("newsletter.add_importrun")

    def get_urls(self) -> list[Any]:
        """Add the import button and the report."""
        view, name = self.admin_site.admin_view, "newsletter_importrun_"
        action = ActionView.as_view(model_admin=self, actions=ACTIONS)
        return [
            path("<int:pk>/<slug:name>/do/", view(action), name=f"{name}action"),
            path("<int:pk>/report.csv", view(self.report_view), name=f"{name}report"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a file and check it; no one is added here."""
        self._require(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                run = imports.check(form.cleaned_data["file"], by=cast("User", request.user))
            except InvalidFile as error:
                form.add_error("file", str(error))
            else:
                return HttpResponseRedirect(reverse(_PAGE, args=[run.pk]))
        context = {
            "form": form,
            "title": _("Import subscribers"),
            "required": REQUIRED,
            "optional": OPTIONAL,
            "topics": Topic.objects.all(),
        }
        return admin_page(self, request, "import.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the result of the dry run, or how far the import is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = ImportRun.objects.select_related("by")
        run = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if run is None:
            raise Http404
        context = {
            "run": run,
            "title": run.file_name,
            "totals": [(run.total(each.value), each) for each in RowResult],
            "samples": [
                (number, email, RowResult(letter).label, reason)
                for number, email, letter, reason in run.samples
            ],
            "actions": dict(available_actions(request, ACTIONS, run)),
            "once": uuid.uuid4(),
            "may_start": run.state == ImportState.CHECKED and self.has_add_permission(request),
            "percent": 100 * run.position // run.rows if run.rows else 100,
        }
        return admin_page(self, request, "import_run.html", context)

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Download every row with its result in the dry run and now."""
        self._require(request)
        run = get_object_or_404(ImportRun, pk=pk)
        if not run.stored:
            raise Http404("The file is deleted.")
        columns = ("row", "email", "dry run", "now", "reason")
        return csv_response(csv_lines(_report_rows(run), columns), f"import-{pk}-report.csv")

    def _require(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied


def _report_rows(run: ImportRun) -> Iterator[tuple[object, ...]]:
    for row, before in imports.report(run):
        yield row.number, row.email, before.label, row.result.label, row.reason
