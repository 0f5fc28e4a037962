"""What came back, for staff: each report, by the digest of an address."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.newsletter.models import Feedback, digest_of
from microflight.core.admin_base import ReadOnlyAdmin


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    """Each report once, as it came; an address is found by typing it whole."""

    list_display = ["kind", "provider", "detail", "at"]
    list_filter = ["kind", "provider", "at"]
    search_fields = ["digest"]
    search_help_text = "A whole address: reports know it only by its SHA-256."
    show_full_result_count = False
    fields = readonly_fields = (
        "kind", "provider", "detail", "at", "digest", "delivery_id", "message_id", "event_id",
    )  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find an address by its digest."""
        if "@" in search_term:
            return queryset.filter(digest=digest_of(search_term)), False
        return super().get_search_results(request, queryset, search_term)
