"""Delivery charges for staff: zones, services, weight bands."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from oscar.apps.address.models import Country

from checkout.shipping.models import Service, WeightBand, Zone


class ZoneForm(forms.ModelForm):
    """A country belongs to one zone at most: else its charge would be a matter of chance."""

    def clean_countries(self) -> Any:
        """Refuse countries that another zone has."""
        countries = self.cleaned_data["countries"]
        for zone in Zone.objects.exclude(pk=self.instance.pk).filter(countries__in=countries):
            raise ValidationError(f"The zone “{zone}” has one of these countries already.")
        return countries


@admin.register(Zone)
class ZoneAdmin(admin.ModelAdmin):
    """Countries that share prices."""

    form = ZoneForm
    list_display = ["name", "code", "reach", "services_count"]
    search_fields = ["name", "code"]
    filter_horizontal = ["countries"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count in the same query."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_countries=Count("countries", distinct=True),
                n_services=Count("services", distinct=True),
            )
        )

    @admin.display(description="Countries", ordering="n_countries")
    def reach(self, zone: Any) -> str:
        """Return how many countries the zone has."""
        return str(zone.n_countries or "rest of the world")

    @admin.display(description="Services", ordering="n_services")
    def services_count(self, zone: Any) -> int:
        """Return how many ways there are to send a parcel there."""
        return zone.n_services


class WeightBandInline(admin.TabularInline):
    """The charges of a service by weight."""

    model = WeightBand
    extra = 1


class ServiceForm(forms.ModelForm):
    """A service that promises its days the right way round."""

    def clean(self) -> dict[str, Any]:
        """Refuse at least 9, at most 5 days."""
        data = super().clean() or {}
        if (data.get("min_days") or 0) > (data.get("max_days") or 10**4):
            self.add_error("max_days", "This is fewer days than the fewest.")
        return data


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin):
    """Ways to send a parcel, with their charges."""

    form = ServiceForm
    list_display = ["name", "zone", "min_days", "max_days", "tracked", "active", "position"]
    list_select_related = ["zone"]
    list_filter = ["zone", "active"]
    search_fields = ["name", "code"]
    inlines = [WeightBandInline]


@admin.register(Country)
class CountryAdmin(admin.ModelAdmin):
    """Where the shop sends parcels."""

    list_display = ["printable_name", "iso_3166_1_a2", "is_shipping_country", "display_order"]
    list_filter = ["is_shipping_country"]
    search_fields = ["printable_name", "iso_3166_1_a2"]
    fields = ["printable_name", "is_shipping_country", "display_order"]
    actions = ["start_shipping", "stop_shipping"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The list of countries is the standard's."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Old addresses need their country."""
        return False

    @admin.action(description="Ship to these countries", permissions=["change"])
    def start_shipping(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Offer them at checkout."""
        queryset.update(is_shipping_country=True)

    @admin.action(description="Do not ship to these countries", permissions=["change"])
    def stop_shipping(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take them out of checkout."""
        queryset.update(is_shipping_country=False)
