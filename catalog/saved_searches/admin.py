"""Saved searches, read-only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from catalog.saved_searches.models import SavedSearch
from microflight.core.admin_base import ReadOnlyAdmin


@admin.register(SavedSearch)
class SavedSearchAdmin(ReadOnlyAdmin):
    """Saved searches, newest first."""

    list_display = ["created_at", "name", "email", "confirmed_at"]
    list_filter = ["created_at"]
    search_fields = ["email", "name"]
    search_help_text = _("Email or search.")
    fields = ("name", "query", "email", "created_at", "confirmed_at")
    readonly_fields = fields
