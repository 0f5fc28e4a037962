"""Admin of site-wide notices."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from microflight.core import page_cache
from policies.models import Notice


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):
    """Every change invalidates the page cache."""

    list_display = ["text", "starts_at", "ends_at"]
    search_fields = ["text"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the notice."""
        super().save_model(request, obj, form, change)
        page_cache.invalidate()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the notice."""
        super().delete_model(request, obj)
        page_cache.invalidate()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete the selected notices."""
        super().delete_queryset(request, queryset)
        page_cache.invalidate()
