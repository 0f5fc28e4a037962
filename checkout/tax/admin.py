"""Admin of tax rates. To change a rate, add one with its first day; old orders keep theirs."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.tax.models import TaxRate
from microflight.core.money import format_percent


class TaxRateForm(forms.ModelForm):
    """A tax rate with valid dates."""

    def clean(self) -> dict[str, Any]:
        """Reject a last day before the first, and a rate entered as a percentage."""
        data = super().clean() or {}
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", gettext("Enter a day after the first day."))
        rate = data.get("rate")
        if rate is not None and not 0 <= rate < 1:
            self.add_error("rate", gettext("Enter 5% as 0.05."))
        return data


@admin.register(TaxRate)
class TaxRateAdmin(admin.ModelAdmin):
    """Tax rates by province and date."""

    form = TaxRateForm
    list_display = ["component", "province", "country", "percentage", "starts_on", "ends_on"]
    list_filter = ["component", "province"]
    search_fields = ["province", "component"]

    @admin.display(description=_("Rate"), ordering="rate")
    def percentage(self, rate: TaxRate) -> str:
        """Return 0.09975 as `9.975%`."""
        return format_percent(rate.rate)
