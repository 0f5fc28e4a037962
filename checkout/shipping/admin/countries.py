"""Admin of countries, and if we ship to them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.models import Country

from microflight.core.admin_base import EditableAdmin
from microflight.core.collation import by_name


@admin.register(Country)
class CountryAdmin(EditableAdmin):
    """Countries, and if we ship to them."""

    list_display = ["printable_name", "iso_3166_1_a2", "is_shipping_country", "display_order"]
    list_filter = ["is_shipping_country"]
    search_fields = ["printable_name", "iso_3166_1_a2"]
    fields = ["printable_name", "is_shipping_country", "display_order"]
    ordering = ["-display_order", by_name("printable_name")]
    actions = ["start_shipping", "stop_shipping"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The list of countries follows ISO 3166."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Existing addresses refer to their country."""
        return False

    @admin.action(description=_("Ship to these countries"), permissions=["change"])
    def start_shipping(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Add them to checkout."""
        queryset.update(is_shipping_country=True)

    @admin.action(description=_("Stop shipping to these countries"), permissions=["change"])
    def stop_shipping(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Remove them from checkout."""
        queryset.update(is_shipping_country=False)
