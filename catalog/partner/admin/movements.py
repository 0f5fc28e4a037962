"""The whole stock ledger, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.partner.models import StockMovement, StockRecord
from microflight.core.admin_base import NamedRowsMixin, ReadOnlyAdmin

_ORDER = "order:"


def cause(about: str) -> SafeString | str:
    """Return what a row is about, for an order a link to it."""
    number = about.removeprefix(_ORDER)
    if not about.startswith(_ORDER):
        return about or "–"
    try:
        url = reverse("admin:order_order_changelist")
    except NoReverseMatch:
        return f"order {number}"
    return format_html('<a href="{}?q={}">order {}</a>', url, number, number)


def signed(pieces: int) -> str:
    """Return a change with its sign, a dash for none."""
    return f"{pieces:+d}".replace("-", "−") if pieces else "–"


@admin.register(StockMovement)
class StockMovementAdmin(NamedRowsMixin, ReadOnlyAdmin):
    """Every move of stock, newest first. Rows are added by the ledger and never changed."""

    list_display = ["at", "article", "move", "on_shelf", "promised", "cause", "by", "why"]
    list_filter = ["kind", "at"]
    search_fields = [
        "stockrecord__partner_sku",
        "stockrecord__product__title",
        "stockrecord__product__parent__title",
        "about",
        "why",
        "by__email",
    ]
    search_help_text = "SKU, title, order number, reason, or who."
    list_select_related = ["by"]
    ordering = ["-pk"]
    show_full_result_count = False
    fields = ("at", "article", "move", "on_shelf", "promised", "cause", "by", "why")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch the articles apart: those of deleted products are not there to be joined."""
        rows = super().get_queryset(request)
        return rows.prefetch_related("stockrecord__product__parent")

    def row_name(self, obj: Any) -> str:
        """Return the row's number."""
        return f"row {obj.pk}"

    @admin.display(description="Article")
    def article(self, row: StockMovement) -> SafeString | str:
        """Link to the stock record."""
        try:
            record = row.stockrecord
        except StockRecord.DoesNotExist:
            return "deleted"
        url = reverse("admin:partner_stockrecord_change", args=[record.pk])
        name = record.product.get_title()
        return format_html('<a href="{}">{}</a> {}', url, record.partner_sku, name)

    @admin.display(description="What", ordering="kind")
    def move(self, row: StockMovement) -> str:
        """Return the kind in words."""
        return row.get_kind_display()

    @admin.display(description="Shelf", ordering="shelf_change")
    def on_shelf(self, row: StockMovement) -> str:
        """Return the change on the shelf."""
        return signed(row.shelf_change)

    @admin.display(description="Promised", ordering="promised_change")
    def promised(self, row: StockMovement) -> str:
        """Return the change of what orders hold."""
        return signed(row.promised_change)

    @admin.display(description="About", ordering="about")
    def cause(self, row: StockMovement) -> SafeString | str:
        """Link to the order."""
        return cause(row.about)
