"""Policies for staff: the subjects on which the shop makes promises."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from microflight import page_cache
from policies.models import Policy


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):
    """Subjects on which the shop makes promises."""

    list_display = ["title", "slug", "accepted_at_checkout", "position"]
    search_fields = ["title", "slug"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the address once a text was published: its seal covers it."""
        return ["slug"] if obj and obj.versions.published().exists() else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and forget the pages that name it."""
        super().save_model(request, obj, form, change)
        page_cache.bump()
