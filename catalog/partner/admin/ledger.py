"""The admin of the stock ledger, read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.partner.models import StockMovement, StockRecord
from microflight.core.admin_base import NamedRowsMixin, ReadOnlyAdmin

_ORDER = "order:"


def reference_link(reference: str) -> SafeString | str:
    """Return a movement's reference, for an order with a link to it."""
    if not reference.startswith(_ORDER):
        return reference or "–"
    number = reference.removeprefix(_ORDER)
    label = gettext("order %(number)s") % {"number": number}
    try:
        url = reverse("admin:order_order_changelist")
    except NoReverseMatch:
        return label
    return format_html('<a href="{}?q={}">{}</a>', url, number, label)


def signed(change: int) -> str:
    """Return a change with its sign, or a dash for none."""
    return f"{change:+d}".replace("-", "−") if change else "–"


@admin.register(StockMovement)
class StockMovementAdmin(NamedRowsMixin, ReadOnlyAdmin):
    """All stock movements, newest first."""

    list_display = [
        "at",
        "product_link",
        "type",
        "on_hand",
        "committed",
        "reference_to",
        "by",
        "reason",
    ]
    list_filter = ["type", "at"]
    search_fields = [
        "stockrecord__partner_sku",
        "stockrecord__product__title",
        "stockrecord__product__parent__title",
        "reference",
        "reason",
        "by__email",
    ]
    search_help_text = _("SKU, title, order number, reason or staff email.")
    list_select_related = ["by"]
    ordering = ["-pk"]
    show_full_result_count = False
    fields = (
        "at",
        "product_link",
        "type",
        "on_hand",
        "committed",
        "reference_to",
        "by",
        "reason",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Prefetch the products: a join would drop the movements of deleted ones."""
        rows = super().get_queryset(request)
        return rows.prefetch_related("stockrecord__product__parent")

    def row_name(self, obj: Any) -> str:
        """Return the movement's number."""
        return gettext("movement %(number)s") % {"number": obj.pk}

    @admin.display(description=_("Product"))
    def product_link(self, row: StockMovement) -> SafeString | str:
        """Return SKU and title, with a link to the stock record."""
        try:
            record = row.stockrecord
        except StockRecord.DoesNotExist:
            return gettext("deleted")
        url = reverse("admin:partner_stockrecord_change", args=[record.pk])
        name = record.product.get_title()
        return format_html('<a href="{}">{}</a> {}', url, record.partner_sku, name)

    @admin.display(description=_("On hand"), ordering="on_hand_change")
    def on_hand(self, row: StockMovement) -> str:
        """Return the change of the quantity on hand."""
        return signed(row.on_hand_change)

    @admin.display(description=_("Committed"), ordering="committed_change")
    def committed(self, row: StockMovement) -> str:
        """Return the change of the quantity committed to orders."""
        return signed(row.committed_change)

    @admin.display(description=_("Reference"), ordering="reference")
    def reference_to(self, row: StockMovement) -> SafeString | str:
        """Return the reference with a link."""
        return reference_link(row.reference)
