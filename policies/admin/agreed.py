"""Who agreed to which text: a list to search, and the evidence to print."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from microflight.core.admin_base import ReadOnlyAdmin
from policies import evidence
from policies.models import Acceptance


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    """Proofs are written by the till and the forms; staff read and print them."""

    list_display = ["about", "version", "context", "user", "accepted_at"]
    list_display_links = None
    list_select_related = ["version__policy", "user"]
    list_filter = ["context", "version__policy"]
    search_fields = ["subject", "user__email", "version__policy__title"]
    search_help_text = "Number of an order, or e-mail address of an account."
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the long texts out."""
        return super().get_queryset(request).defer("version__body", "version__source")

    def get_urls(self) -> list[Any]:
        """Add the page to print."""
        view = self.admin_site.admin_view(self.evidence_view)
        name = "policies_acceptance_evidence"
        return [path("evidence/<str:subject>/", view, name=name), *super().get_urls()]

    @admin.display(description="About", ordering="subject")
    def about(self, acceptance: Acceptance) -> SafeString:
        """Return what it was about, leading to the evidence."""
        url = reverse("admin:policies_acceptance_evidence", args=[acceptance.subject])
        return format_html('<a href="{}">{}</a>', url, acceptance.subject)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the evidence that one agreement belongs to."""
        if not object_id.isdecimal():
            raise Http404
        acceptance = get_object_or_404(Acceptance, pk=int(object_id))
        return self.evidence_view(request, acceptance.subject)

    def evidence_view(self, request: HttpRequest, subject: str) -> HttpResponse:
        """Show everything that was agreed to about an order or by an account, to be printed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        proofs = evidence.about(subject)
        if not proofs:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": f"What was agreed to: {subject.replace(':', ' ')}",
            "opts": self.opts,
            "proofs": proofs,
            "printed_at": timezone.now(),
        }
        return TemplateResponse(request, "admin/policies/acceptance/evidence.html", context)
