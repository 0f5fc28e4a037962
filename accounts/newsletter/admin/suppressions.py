"""The addresses that get no campaign, for staff: to read, and to look an address up in."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.newsletter.models import Suppression, digest_of
from microflight.core.admin_base import ReadOnlyAdmin


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Written by leaving, bounces, complaints and staff; lifted by a proved consent alone."""

    list_display = ["short", "reason", "note", "at"]
    list_filter = ["reason", "at"]
    search_fields = ["digest"]
    search_help_text = "A whole address: the list knows it only by its SHA-256."
    show_full_result_count = False
    fields = readonly_fields = ("digest", "reason", "note", "at")

    @admin.display(description="Address, as SHA-256")
    def short(self, row: Suppression) -> str:
        """Return the beginning of the digest."""
        return f"{row.digest[:12]}…"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find an address by its digest."""
        if "@" in search_term:
            return queryset.filter(digest=digest_of(search_term)), False
        return super().get_search_results(request, queryset, search_term)
