"""Back-in-stock requests, read-only."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from catalog.back_in_stock.models import BackInStockRequest
from microflight.core.admin_base import NamedRowsMixin, ReadOnlyAdmin


@admin.register(BackInStockRequest)
class BackInStockRequestAdmin(NamedRowsMixin, ReadOnlyAdmin):
    """Requests, newest first."""

    list_display = ["requested_at", "product_name", "email", "state", "notified_at"]
    list_filter = ["state", "requested_at"]
    list_select_related = ["product__parent"]
    search_fields = ["email", "product__upc", "product__title", "product__parent__title"]
    search_help_text = _("Email, SKU or title.")
    ordering = ["-pk"]
    fields = ("product_name", "email", "state", "requested_at", "notified_at", "cancelled_at")
    readonly_fields = fields

    def row_name(self, obj: Any) -> str:
        return str(_("request %(number)s") % {"number": obj.pk})

    @admin.display(description=_("Product"), ordering="product__title")
    def product_name(self, stock_request: BackInStockRequest) -> str:
        product = stock_request.product
        return f"{product.upc or ''} {product.get_title()}".strip()
