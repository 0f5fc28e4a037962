"""Tax rates for staff. A change of a rate is a new row with its first day, so that old orders
stay explained."""

from typing import Any

from django import forms
from django.contrib import admin

from checkout.tax.models import TaxRate


class TaxRateForm(forms.ModelForm):
    """A rate with days the right way round."""

    def clean(self) -> dict[str, Any]:
        """Refuse a last day before the first, and a rate typed as per cent."""
        data = super().clean() or {}
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "The last day is before the first.")
        rate = data.get("rate")
        if rate is not None and not 0 <= rate < 1:
            self.add_error("rate", "Write 5 % as 0.05.")
        return data


@admin.register(TaxRate)
class TaxRateAdmin(admin.ModelAdmin):
    """Rates by province and day."""

    form = TaxRateForm
    list_display = ["component", "province", "country", "per_cent", "starts_on", "ends_on"]
    list_filter = ["component", "province"]
    search_fields = ["province", "component"]

    @admin.display(description="Rate", ordering="rate")
    def per_cent(self, rate: TaxRate) -> str:
        """Return 0.09975 as "9.975 %"."""
        return f"{(rate.rate * 100).normalize():f} %"
