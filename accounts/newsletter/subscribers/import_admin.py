"""Imports in the admin: upload, dry run, import, report."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.newsletter.subscribers import imports
from accounts.newsletter.subscribers.csv_import import (
    MAX_BYTES,
    MAX_ROWS,
    OPTIONAL,
    REQUIRED,
)
from accounts.newsletter.subscribers.models import ImportRun, ImportState, RowResult, Topic
from accounts.users.models import User
from microflight.core.action_view import ActionForm, RecordAdmin
from microflight.core.admin_base import admin_page
from microflight.core.csv_files import InvalidFile, csv_lines, csv_response


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        max_length=120,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_("CSV in UTF-8. Most rows: %(rows)s; largest size: %(size)d MB.")
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

    def perform(self, by: User) -> str:
        imports.start(self.subject)
        count = self.subject.to_add
        text = ngettext(
            "Import started: %(count)d person.", "Import started: %(count)d people.", count
        )
        return text % {"count": count}


@admin.register(ImportRun)
class ImportRunAdmin(RecordAdmin):
    """Each import stays with its totals; its rows are deleted after an hour."""

    record_actions = {"start": StartForm}
    record_template = "admin/newsletter/import_run.html"
    old_action_urls = {"start": "start"}
    list_display = ["file_name", "state", "rows", "added", "asked", "checked_at", "by"]
    list_filter = ["state"]
    list_select_related = ["by"]
    show_full_result_count = False
    change_list_template = "admin/newsletter/imports.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("newsletter.add_importrun")

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "newsletter_importrun_"
        return [
            path("<int:pk>/report.csv", view(self.report_view), name=f"{name}report"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a file and check it; no one is added here."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                run = imports.check(form.cleaned_data["file"], by=cast(User, request.user))
            except InvalidFile as error:
                form.add_error("file", str(error))
            else:
                return redirect("admin:newsletter_importrun_change", run.pk)
        context = {
            "form": form,
            "title": _("Import subscribers"),
            "required": REQUIRED,
            "optional": OPTIONAL,
            "topics": Topic.objects.all(),
        }
        return admin_page(self, request, "admin/newsletter/import.html", context)

    def record_context(self, request: HttpRequest, record: ImportRun) -> dict[str, Any]:
        return {
            "run": record,
            "title": record.file_name,
            "totals": [(record.total(each.value), each) for each in RowResult],
            "samples": [
                (number, email, RowResult(letter).label, reason)
                for number, email, letter, reason in record.samples
            ],
            "may_start": record.state == ImportState.CHECKED and self.has_add_permission(request),
            "percent": 100 * record.position // record.rows if record.rows else 100,
        }

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Download every row with its result in the dry run and now."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        run = get_object_or_404(ImportRun, pk=pk)
        if not run.stored:
            raise Http404("The file is deleted.")
        columns = ("row", "email", "dry run", "now", "reason")
        rows = (
            (row.number, row.stated.email, before.label, row.result.label, row.reason)
            for row, before in imports.report(run)
        )
        return csv_response(csv_lines(rows, columns), f"import-{pk}-report.csv")
