"""All saved views."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from microflight.core.admin_base import ReadOnlyAdmin
from microflight.saved_views.models import SavedView


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    """Views are saved on their list, and may be deleted here."""

    list_display = ["name", "list_label", "owner", "is_shared"]
    list_filter = ["is_shared", "list_label"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__email"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Unlike other rows of this base class, views may be deleted."""
        return bool(request.user.has_perm("saved_views.delete_savedview"))
