"""Who waits for what, to read."""

from typing import Any

from django.contrib import admin

from catalog.waiting.models import Asking
from microflight.core.admin_base import NamedRowsMixin, ReadOnlyAdmin


@admin.register(Asking)
class AskingAdmin(NamedRowsMixin, ReadOnlyAdmin):
    """Wishes, the oldest first: in that order they are answered."""

    list_display = ["asked_at", "article", "email", "state", "told_at"]
    list_filter = ["state", "asked_at"]
    list_select_related = ["product__parent"]
    search_fields = ["email", "product__upc", "product__title", "product__parent__title"]
    search_help_text = "Address, SKU or title."
    ordering = ["-pk"]
    fields = ("article", "email", "state", "asked_at", "told_at", "ended_at")
    readonly_fields = fields

    def row_name(self, obj: Any) -> str:
        """Return the row's number."""
        return f"wish {obj.pk}"

    @admin.display(description="Article", ordering="product__title")
    def article(self, asking: Asking) -> str:
        """Return SKU and title."""
        return f"{asking.product.upc or ''} {asking.product.get_title()}".strip()
