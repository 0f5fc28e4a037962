"""Admin of shipping zones, shipping methods and their rates, and shipping countries."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.models import Country

from checkout.shipping.models import ShippingMethod, ShippingZone, WeightBand


class ShippingZoneForm(forms.ModelForm):
    """A country belongs to one zone at most, so that its rates are unambiguous."""

    def clean_countries(self) -> Any:
        """Reject countries of another zone."""
        countries = self.cleaned_data["countries"]
        for zone in ShippingZone.objects.exclude(pk=self.instance.pk).filter(
            countries__in=countries
        ):
            raise ValidationError(
                gettext("The zone “%(zone)s” already has one of these countries.") % {"zone": zone}
            )
        return countries


@admin.register(ShippingZone)
class ShippingZoneAdmin(admin.ModelAdmin):
    """Shipping zones: countries with the same rates."""

    form = ShippingZoneForm
    list_display = ["name", "code", "country_count", "method_count"]
    search_fields = ["name", "code"]
    filter_horizontal = ["countries"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count countries and methods in the same query."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_countries=Count("countries", distinct=True),
                n_methods=Count("methods", distinct=True),
            )
        )

    @admin.display(description=_("Countries"), ordering="n_countries")
    def country_count(self, zone: Any) -> str:
        """Return the number of countries."""
        return str(zone.n_countries or gettext("rest of the world"))

    @admin.display(description=_("Shipping methods"), ordering="n_methods")
    def method_count(self, zone: Any) -> int:
        """Return the number of shipping methods."""
        return zone.n_methods


class WeightBandInline(admin.TabularInline):
    """The rates of a shipping method by weight."""

    model = WeightBand
    extra = 1


class ShippingMethodForm(forms.ModelForm):
    """A shipping method with a valid range of days."""

    def clean(self) -> dict[str, Any]:
        """Reject a maximum below the minimum."""
        data = super().clean() or {}
        if (data.get("min_days") or 0) > (data.get("max_days") or 10**4):
            self.add_error("max_days", gettext("Enter at least the minimum number of days."))
        return data


@admin.register(ShippingMethod)
class ShippingMethodAdmin(admin.ModelAdmin):
    """Shipping methods and their rates."""

    form = ShippingMethodForm
    list_display = ["name", "zone", "min_days", "max_days", "tracked", "active", "position"]
    list_select_related = ["zone"]
    list_filter = ["zone", "active"]
    search_fields = ["name", "code"]
    inlines = [WeightBandInline]


@admin.register(Country)
class CountryAdmin(admin.ModelAdmin):
    """Countries, and if we ship to them."""

    list_display = ["printable_name", "iso_3166_1_a2", "is_shipping_country", "display_order"]
    list_filter = ["is_shipping_country"]
    search_fields = ["printable_name", "iso_3166_1_a2"]
    fields = ["printable_name", "is_shipping_country", "display_order"]
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
