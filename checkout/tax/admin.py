"""Admin of tax rates and registrations. Old orders keep the rates and numbers that they had."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from checkout.tax.models import (
    TaxExemption,
    TaxLine,
    TaxOnShipping,
    TaxRate,
    TaxRegistration,
)
from microflight.core.admin_base import EditableAdmin
from microflight.core.money import format_percent
from microflight.core.sourced_admin import SOURCED_COLUMNS, CheckFilter, SourcedAdmin


class DatedForm(forms.ModelForm):
    """A row that is valid from its first to its last day."""

    def clean(self) -> dict[str, Any]:
        """Show the error of a last day before the first at the field."""
        data = super().clean() or {}
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", gettext("Enter a day after the first day."))
        return data


class TaxRateForm(DatedForm):
    """A tax rate, entered as a fraction."""

    def clean_rate(self) -> Any:
        """Reject a rate that was entered as a percentage."""
        rate = self.cleaned_data["rate"]
        if rate is not None and not 0 <= rate < 1:
            raise forms.ValidationError(gettext("Enter 5% as 0.05."))
        return rate


@admin.register(TaxRate)
class TaxRateAdmin(SourcedAdmin):
    """Tax rates by province and date."""

    form = TaxRateForm
    list_display = [
        "component", "province", "country", "percentage", "starts_on", "ends_on", *SOURCED_COLUMNS,
    ]  # fmt: skip
    list_filter = ["component", "province", CheckFilter]
    instead_of_deleting = _("To end a tax rate, enter its last day.")
    search_fields = ["province", "component"]

    def reasons_to_keep(self, records: list[Any]) -> list[str]:
        """Keep the rates of orders: they prove what was charged."""
        used = Q()
        for rate in records:
            used |= Q(component=rate.component, province=rate.province, rate=rate.rate)
        orders = TaxLine.objects.filter(used).values("order").distinct().count()
        text = ngettext("%(count)s order with this tax", "%(count)s orders with this tax", orders)
        named = [text % {"count": orders}] if orders else []
        return super().reasons_to_keep(records) + named

    @admin.display(description=_("Rate"), ordering="rate")
    def percentage(self, rate: TaxRate) -> str:
        """Return 0.09975 as `9.975%`."""
        return format_percent(rate.rate)


@admin.register(TaxRegistration)
class TaxRegistrationAdmin(SourcedAdmin):
    """Where the shop is registered: only there it collects taxes."""

    form = DatedForm
    list_display = ["jurisdiction", "number", "starts_on", "ends_on", *SOURCED_COLUMNS]
    search_fields = ["number"]
    instead_of_deleting = _("To end a registration, enter its last day.")
    saved_with = frozenset({"number"})

    def reasons_to_keep(self, records: list[Any]) -> list[str]:
        """Keep the numbers of orders: the tax was collected under them."""
        numbers = [record.number for record in records]
        orders = TaxLine.objects.filter(registration__in=numbers).values("order").distinct().count()
        text = ngettext(
            "%(count)s order with this number", "%(count)s orders with this number", orders
        )
        named = [text % {"count": orders}] if orders else []
        return super().reasons_to_keep(records) + named


@admin.register(TaxOnShipping)
class TaxOnShippingAdmin(SourcedAdmin):
    """The switches for tax on shipping."""

    list_display = ["component", "province", "taxed", *SOURCED_COLUMNS]
    list_filter = ["component", "taxed", CheckFilter]
    search_fields = ["province", "component"]


@admin.register(TaxExemption)
class TaxExemptionAdmin(EditableAdmin):
    """Exempt customers. Orders that were placed keep their taxes."""

    form = DatedForm
    autocomplete_fields = ["user"]
    list_display = ["user", "jurisdiction", "certificate", "starts_on", "ends_on"]
    list_select_related = ["user"]
    list_filter = ["jurisdiction"]
    search_fields = ["user__email", "certificate"]
