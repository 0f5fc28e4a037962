"""Admin of acceptances: a searchable list, and printable evidence."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.admin_base import ReadOnlyAdmin, admin_page
from policies.evidence import evidence_for
from policies.models import Acceptance


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    """Checkout and forms write acceptances; staff read and print them."""

    list_display = ["evidence_link", "version", "context", "user", "accepted_at"]
    list_display_links = None
    list_select_related = ["version__policy", "user"]
    list_filter = ["context", "version__policy"]
    search_fields = ["subject", "user__email", "version__policy__title"]
    search_help_text = _("Order number, account email or policy")
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Do not load the bodies."""
        return super().get_queryset(request).defer("version__body", "version__source")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.evidence_view)
        name = "policies_acceptance_evidence"
        return [path("evidence/<str:subject>/", view, name=name), *super().get_urls()]

    @admin.display(description=_("order or account"), ordering="subject")
    def evidence_link(self, acceptance: Acceptance) -> SafeString:
        """Return the order or account, with a link to its evidence."""
        url = reverse("admin:policies_acceptance_evidence", args=[acceptance.subject])
        return format_html('<a href="{}">{}</a>', url, acceptance.subject)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the evidence that an acceptance belongs to."""
        if request.method == "POST":  # there is nothing to save
            raise PermissionDenied
        if not object_id.isdecimal():
            raise Http404
        acceptance = get_object_or_404(Acceptance, pk=int(object_id))
        return self.evidence_view(request, acceptance.subject)

    def evidence_view(self, request: HttpRequest, subject: str) -> HttpResponse:
        """Show all acceptances of an order or account, for printing."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        evidence = evidence_for(subject)
        if not evidence:
            raise Http404
        context = {
            "title": gettext("Acceptances: %(subject)s") % {"subject": subject.replace(":", " ")},
            "evidence": evidence,
            "printed_at": timezone.now(),
        }
        return admin_page(self, request, "admin/policies/acceptance/evidence.html", context)
