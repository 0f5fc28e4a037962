"""Admin of shipping zones."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.countries import OwnCountriesForm, countries
from accounts.provinces import US_TERRITORIES, clean_province, provinces
from checkout.shipping.destination import bare_postcode
from checkout.shipping.models import ShippingZone, ZoneRegion
from checkout.shipping.zones import countries_without_zone
from microflight.core.admin_base import EditableAdmin
from microflight.core.forms import LineField


class ShippingZoneForm(OwnCountriesForm):
    """A country belongs to one zone at most, so that its rates are unambiguous."""

    already_there = _("The zone “%(other)s” already has one of these countries.")


class ZoneRegionForm(forms.ModelForm):
    """A province or a postal code prefix of a country, which no other zone has."""

    province = LineField(
        label=_("province or state"),
        max_length=64,
        required=False,
        help_text=_("By name or two-letter code."),
    )

    def clean_postcode_prefix(self) -> str:
        """Return the prefix as postal codes are compared; reject what no postal code has."""
        typed = self.cleaned_data["postcode_prefix"]
        prefix = bare_postcode(typed)
        if typed and not (prefix.isascii() and prefix.isalnum()):
            raise ValidationError(gettext("Enter the first letters or digits, such as S7H or 99."))
        return prefix

    def clean(self) -> dict[str, Any]:
        """Reject an unknown province, and a region of another zone."""
        data = super().clean() or {}
        if self.errors:
            return data
        country = data["country"].pk
        if country in US_TERRITORIES:
            text = gettext("Choose the United States, and enter %(code)s as the state.")
            raise ValidationError({"country": text % {"code": country}})
        if data["province"]:
            if not provinces(country):
                text = gettext("Only Canada and the United States have provinces or states here.")
                raise ValidationError({"province": text})
            try:
                data["province"] = clean_province(country, data["province"])
            except ValidationError as error:
                raise ValidationError({"province": error}) from error
        self._reject_overlap(data)
        return data

    def _reject_overlap(self, data: dict[str, Any]) -> None:
        same = ZoneRegion.objects.exclude(pk=self.instance.pk).filter(
            country=data["country"],
            province=data["province"],
            postcode_prefix=data["postcode_prefix"],
        )
        if other := same.exclude(zone=self.instance.zone_id).select_related("zone").first():
            text = gettext("The zone “%(zone)s” already has %(region)s.")
            raise ValidationError(text % {"zone": other.zone, "region": other})


class ZoneRegionFormSet(forms.BaseInlineFormSet):
    """The parts of countries of a zone; one zone alone may have none, and no countries."""

    def clean(self) -> None:
        """Reject a second rest of the world."""
        super().clean()
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data]
        if any(not row.get("DELETE") for row in rows) or "countries" in self.data:
            return
        rest = ShippingZone.objects.exclude(pk=self.instance.pk)
        if other := rest.filter(countries=None, regions=None).first():
            text = gettext("Choose countries: “%(zone)s” is the rest of the world already.")
            raise ValidationError(text % {"zone": other})


class ZoneRegionInline(admin.TabularInline):
    """The parts of countries of a zone."""

    model = ZoneRegion
    form = ZoneRegionForm
    formset = ZoneRegionFormSet
    extra = 1

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Sort the countries."""
        options["queryset"] = countries()
        return super().formfield_for_foreignkey(db_field, request, **options)


@admin.register(ShippingZone)
class ShippingZoneAdmin(EditableAdmin):
    """Shipping zones: countries and parts of countries with the same rates."""

    form = ShippingZoneForm
    list_display = ["name", "code", "country_count", "region_count", "method_count"]
    search_fields = ["name", "code"]
    filter_horizontal = ["countries"]
    inlines = [ZoneRegionInline]
    deleted_with = frozenset({"shipping.zoneregion"})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Name the countries that shoppers can choose, but no method ships to."""
        missing = countries_without_zone() if request.method == "GET" else []
        if missing:
            text = gettext("Shipping countries without a zone: %(countries)s.")
            names = ", ".join(str(country) for country in missing)
            messages.warning(request, text % {"countries": names})
        return super().changelist_view(request, extra_context)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Sort the countries."""
        options["queryset"] = countries()
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count countries, regions and methods in the same query."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_countries=Count("countries", distinct=True),
                n_regions=Count("regions", distinct=True),
                n_methods=Count("methods", distinct=True),
            )
        )

    @admin.display(description=_("Countries"), ordering="n_countries")
    def country_count(self, zone: Any) -> str:
        if zone.n_countries or zone.n_regions:
            return str(zone.n_countries)
        return gettext("rest of the world")

    @admin.display(description=_("Parts of countries"), ordering="n_regions")
    def region_count(self, zone: Any) -> int:
        """Return the number of provinces, states and postal code prefixes."""
        return zone.n_regions

    @admin.display(description=_("Shipping methods"), ordering="n_methods")
    def method_count(self, zone: Any) -> int:
        return zone.n_methods
