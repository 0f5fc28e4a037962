"""The admin of the price history, read-only."""

from typing import Any

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.partner.prices import PriceChange
from microflight.core.admin_base import NamedRowsMixin, ReadOnlyAdmin
from microflight.core.money import format_money


@admin.register(PriceChange)
class PriceChangeAdmin(NamedRowsMixin, ReadOnlyAdmin):
    """All prices, newest first."""

    list_display = ["at", "sku", "product_title", "amount"]
    list_filter = ["at"]
    list_select_related = ["stockrecord__product__parent"]
    search_fields = [
        "stockrecord__partner_sku",
        "stockrecord__product__title",
        "stockrecord__product__parent__title",
    ]
    search_help_text = _("SKU or title.")
    show_full_result_count = False
    fields = ("at", "sku", "product_title", "amount")
    readonly_fields = fields

    def row_name(self, obj: Any) -> str:
        """Return SKU and day."""
        values = {
            "sku": obj.stockrecord.partner_sku,
            "day": date_format(localtime(obj.at), "DATE_FORMAT"),
        }
        return gettext("price of %(sku)s from %(day)s") % values

    @admin.display(description=_("SKU"), ordering="stockrecord__partner_sku")
    def sku(self, row: PriceChange) -> str:
        return row.stockrecord.partner_sku

    @admin.display(description=_("Product"), ordering="stockrecord__product__title")
    def product_title(self, row: PriceChange) -> str:
        return row.stockrecord.product.get_title()

    @admin.display(description=_("Price"), ordering="price")
    def amount(self, row: PriceChange) -> str:
        return gettext("not for sale") if row.price is None else format_money(row.price)
