"""Notices for staff: lines on top of every page."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from policies.models import Notice
from policies.services import forget_notices


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):
    """Lines on top of every page."""

    list_display = ["text", "starts_at", "ends_at"]
    search_fields = ["text"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and let the next page show it."""
        super().save_model(request, obj, form, change)
        transaction.on_commit(forget_notices)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and let the next page leave it out."""
        super().delete_model(request, obj)
        transaction.on_commit(forget_notices)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete, and let the next page leave them out."""
        super().delete_queryset(request, queryset)
        transaction.on_commit(forget_notices)
