"""The results of audits, and a button that starts one."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.users.models import User
from checkout.audit.models import AuditRun
from checkout.audit.tasks import request_audit
from microflight.core.admin_base import ReadOnlyAdmin

PERMISSION = "audit.run_audit"


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    """Read-only: problems and what to do about them."""

    list_display = ["started_at", "result", "breach_count", "duration", "started_by"]
    list_select_related = ["by"]
    list_filter = ["started_at"]
    ordering = ["-pk"]
    change_list_template = "admin/audit/auditrun/list.html"
    change_form_template = "admin/audit/auditrun/detail.html"
    fields = ("started_at", "finished_at", "breach_count", "by")

    @admin.display(description=_("Result"))
    def result(self, run: AuditRun) -> SafeString:
        return format_html(
            '<span class="state verdict-{}">{}</span>', run.verdict.name.lower(), run.verdict.value
        )

    @admin.display(description=_("Duration"))
    def duration(self, run: AuditRun) -> str:
        if run.finished_at is None:
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():.0f} s"

    @admin.display(description=_("Started by"), ordering="by")
    def started_by(self, run: AuditRun) -> str:
        """Return the staff member, or that it was started by the system."""
        return str(run.by) if run.by else gettext("Schedule or command")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.run_view)
        return [path("run/", view, name="audit_auditrun_run"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the button to users who may run an audit."""
        extra = {"can_run": request.user.has_perm(PERMISSION), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the audit instead of a form."""
        run = context["original"]
        context["checks"] = [
            {**check, "found": [each for each in run.breaches if each["check"] == check["name"]]}
            for check in run.checks
        ]
        context["can_run"] = request.user.has_perm(PERMISSION)
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_POST)
    def run_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        if request_audit(by=cast(User, request.user)):
            text = gettext("Audit started. Refresh this page in a minute to see the result.")
            messages.success(request, text)
        else:
            text = gettext("The audit could not start: the task queue is unavailable. Try again.")
            messages.error(request, text)
        return HttpResponseRedirect(reverse("admin:audit_auditrun_changelist"))
