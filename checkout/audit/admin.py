"""What the audits found, for staff: to read, and to start one now."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from checkout.audit.models import AuditRun
from checkout.audit.services import ask_for_audit
from microflight.core.admin_base import ReadOnlyAdmin

if TYPE_CHECKING:
    from accounts.users.models import User

MAY_RUN = "audit.run_audit"


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    """Runs are written by the audit; staff read what is wrong and what to do."""

    list_display = ["started_at", "result", "breach_count", "took", "started_by"]
    list_select_related = ["by"]
    list_filter = ["started_at"]
    ordering = ["-pk"]
    change_list_template = "admin/audit/auditrun/list.html"
    change_form_template = "admin/audit/auditrun/run.html"
    fields = ("started_at", "finished_at", "breach_count", "by")

    @admin.display(description="Result")
    def result(self, run: AuditRun) -> SafeString:
        """Return the verdict in words; sign and colour only repeat them."""
        return format_html(
            '<span class="state verdict-{}">{}</span>', run.verdict.name.lower(), run.verdict.value
        )

    @admin.display(description="Took")
    def took(self, run: AuditRun) -> str:
        """Return how long the run lasted."""
        if run.finished_at is None:
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():.0f} s"

    @admin.display(description="Started by", ordering="by")
    def started_by(self, run: AuditRun) -> str:
        """Return who asked for it, or what did."""
        return str(run.by) if run.by else "timetable or command"

    def get_urls(self) -> list[Any]:
        """Add the address that starts a run."""
        view = self.admin_site.admin_view(self.run_view)
        return [path("run/", view, name="audit_auditrun_run"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the button to whom may press it."""
        extra = {"may_run": request.user.has_perm(MAY_RUN), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the run instead of a form."""
        run = context["original"]
        context["checks"] = [
            {**check, "found": [each for each in run.breaches if each["check"] == check["name"]]}
            for check in run.checks
        ]
        context["may_run"] = request.user.has_perm(MAY_RUN)
        return super().render_change_form(request, context, *args, **kwargs)

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """Start a run; POST only."""
        return _run(request)


@require_POST
def _run(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(MAY_RUN):
        raise PermissionDenied
    if ask_for_audit(by=cast("User", request.user)):
        messages.success(request, "The audit is on its way. Load this page again in a minute.")
    else:
        text = "The audit could not be handed to a worker: the queue cannot be reached. Try again."
        messages.error(request, text)
    return HttpResponseRedirect(reverse("admin:audit_auditrun_changelist"))
