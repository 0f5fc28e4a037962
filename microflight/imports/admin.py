"""Imports and exports in the admin: upload, dry run with a report, import, downloads."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.staff import audit_log
from accounts.users.models import User
from microflight.core.action_view import ActionForm, RecordAdmin
from microflight.core.admin_base import admin_page
from microflight.core.csv_files import InvalidFile, csv_lines, csv_response
from microflight.core.pagination import read_page
from microflight.imports import tasks
from microflight.imports.datasets import DATASETS, EXPORT_ONLY, EXPORT_PERMISSIONS
from microflight.imports.files import MAX_BYTES, MAX_ROWS, workbook
from microflight.imports.models import ImportJob, Mode, State

_PAGE, RATES = 50, "rates"
_ERRORS = (_("Row"), _("Column"), _("Value"), _("What is wrong"))
_CHANGES = (_("Row"), _("Key"), _("Column"), _("Before"), _("After"))
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TITLES = {name: title for name, (title, _resource) in (DATASETS | EXPORT_ONLY).items()}
_TITLES[tasks.IMAGES] = _("Product images (ZIP)")


def may(user: Any, dataset: str, *verbs: str) -> bool:
    """Return whether a user may do this to all rows of a dataset."""
    if dataset in EXPORT_PERMISSIONS:
        return verbs == ("view",) and user.has_perm(EXPORT_PERMISSIONS[dataset])
    known = DATASETS["products" if dataset == tasks.IMAGES else dataset]
    opts: Any = known[1].model._meta
    if opts.model_name == "productattributevalue":  # has no permissions of its own in the admin
        opts = DATASETS["products"][1]._meta.model._meta
    if dataset == "stock" and verbs != ("view",) and not user.has_perm("partner.count_stock"):
        return False  # its quantities are counts
    return all(user.has_perm(f"{opts.app_label}.{verb}_{opts.model_name}") for verb in verbs)


def _offered(user: Any) -> list[tuple[str, Any, list[str], bool]]:
    """Return name, title, columns, and whether it can be imported, of what a user may export."""
    return [
        (name, title, resource().columns(), name in DATASETS)
        for name, (title, resource) in (DATASETS | EXPORT_ONLY).items()
        if may(user, name, "view")
    ]


def _verbs(dataset: str, mode: str) -> tuple[str, ...]:
    if dataset == RATES:
        return ("add", "change", "delete")  # a card is replaced as a whole
    return {"create": ("add",), "update": ("change",)}.get(mode, ("add", "change"))


class UploadForm(forms.Form):
    """A file, what is in it, and what it may do."""

    dataset = forms.ChoiceField(label=_("Dataset"))
    mode = forms.ChoiceField(label=_("Mode"), choices=Mode.choices)
    file = forms.FileField(
        label=_("File"),
        max_length=120,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx,.zip"}),
        help_text=_("CSV or XLSX; images as ZIP. Row limit: %(rows)s; size limit: %(size)d MB.")
        % {"rows": f"{MAX_ROWS:,}", "size": MAX_BYTES // 1024**2},
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        names = [*DATASETS, tasks.IMAGES]
        offered = [(name, _TITLES[name]) for name in names if may(user, name, "change")]
        field: Any = self.fields["dataset"]
        field.choices = offered

    def clean(self) -> dict[str, Any]:
        """Reject a mode that the user has no permission for."""
        data = super().clean() or {}
        if self.errors:
            return data
        if data["dataset"] == RATES and data["mode"] != Mode.BOTH:
            text = gettext("A rate card is replaced as a whole: choose “update and create”.")
            self.add_error("mode", text)
        elif not may(self.user, data["dataset"], *_verbs(data["dataset"], data["mode"])):
            self.add_error("mode", gettext("You have no permission for this."))
        return data


class StartForm(ActionForm):
    """Imports a checked file."""

    subject: ImportJob
    permission = "imports.add_importjob"
    title = button = _("Import")

    @classmethod
    def is_available(cls, subject: ImportJob) -> bool:
        return subject.state == State.CHECKED and subject.created + subject.updated > 0

    @property
    def warning(self) -> str:
        values = {"new": self.subject.created, "changed": self.subject.updated}
        return gettext("New: %(new)s. Changed: %(changed)s. All or none are saved.") % values

    def perform(self, by: Any) -> str:
        if not may(by, self.subject.dataset, *_verbs(self.subject.dataset, self.subject.mode)):
            raise PermissionDenied
        tasks.start_import(self.subject)
        return gettext("The import started.")


@admin.register(ImportJob)
class ImportJobAdmin(RecordAdmin):
    """Imports, newest first; the page of one is its report."""

    record_actions = {"start": StartForm}
    record_template = "admin/imports/job.html"
    change_list_template = "admin/imports/jobs.html"
    list_display = ["file_name", "title", "mode", "state", "created", "updated", "started_at", "by"]
    list_filter = ["state"]
    list_select_related = ["by"]
    show_full_result_count = False

    @admin.display(description=_("Dataset"), ordering="dataset")
    def title(self, job: ImportJob) -> str:
        return str(_TITLES.get(job.dataset, job.dataset))

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out the reports, which may be large; the page of one job reads its own."""
        return super().get_queryset(request).defer("report")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("imports.add_importjob")

    def get_urls(self) -> list[Any]:
        """Add the downloads."""
        view, name = self.admin_site.admin_view, "imports_importjob_"
        return [
            path("export/<slug:dataset>.<slug:form>", view(self.export_view), name=f"{name}export"),
            path(
                "template/<slug:dataset>.<slug:form>",
                view(self.export_view),
                {"is_template": True},
                name=f"{name}template",
            ),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a file and check it; nothing is imported here."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"dataset": request.GET.get("dataset", "")}
        form = UploadForm(
            request.POST or None, request.FILES or None, user=request.user, initial=initial
        )
        if request.method == "POST" and form.is_valid():
            try:
                return redirect("admin:imports_importjob_change", self._start(request, form).pk)
            except InvalidFile as error:
                form.add_error("file", str(error))
        context = {"form": form, "title": _("Import"), "datasets": _offered(request.user)}
        status = 422 if request.method == "POST" else 200
        return admin_page(self, request, "admin/imports/upload.html", context, status=status)

    def _start(self, request: HttpRequest, form: UploadForm) -> ImportJob:
        data = form.cleaned_data
        content = data["file"].read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise InvalidFile(gettext("The file is too large."))
        return tasks.start_check(
            content,
            dataset=data["dataset"],
            mode=data["mode"],
            file_name=data["file"].name,
            by=request.user,
        )

    def record_context(self, request: HttpRequest, record: ImportJob) -> dict[str, Any]:
        """Return the report, a page of it at a time."""
        if not may(request.user, record.dataset, "view"):
            raise PermissionDenied
        errors = record.report.get("errors", [])
        headings = _ERRORS if errors else _CHANGES
        page = read_page(Paginator(errors or record.report.get("changes", []), _PAGE), request)
        return {
            "title": record.file_name,
            "job": record,
            "dataset": self.title(record),
            "is_quiet": tasks.is_quiet(record),
            "has_errors": bool(errors),
            "most": tasks.MAX_LISTED,
            "page": page,
            "headings": headings,
            "cells": [list(zip(headings, row, strict=True)) for row in page],
        }

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kw: Any) -> Any:
        """Show the page, again every 2 seconds while the job runs."""
        response = super().change_view(request, object_id, *args, **kw)
        context = getattr(response, "context_data", None) or {}
        if "job" in context and context["job"].is_running:
            response["Refresh"] = "2"
        return response

    def export_view(
        self, request: HttpRequest, dataset: str, form: str, *, is_template: bool = False
    ) -> HttpResponseBase:
        """Download all rows of a dataset, or its columns alone, as CSV or XLSX."""
        found = (DATASETS | EXPORT_ONLY).get(dataset)
        if found is None or form not in ("csv", "xlsx"):
            raise Http404
        if not may(request.user, dataset, "view"):
            raise PermissionDenied
        resource = found[1]()
        rows: Any = [] if is_template else resource.export_rows()
        if dataset in EXPORT_ONLY and not is_template:
            text = gettext("Exported all: %(dataset)s.") % {"dataset": found[0]}
            audit_log.record(request.user, cast(User, request.user), text)
        name = f"{dataset}-{'template' if is_template else timezone.localdate()}.{form}"
        if form == "csv":
            return csv_response(csv_lines(rows, resource.columns()), name)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        content = workbook(resource.columns(), rows)
        return HttpResponse(content, content_type=_XLSX, headers=headers)
