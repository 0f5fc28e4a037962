"""Admin of import charges, for the landed-cost estimate."""

from datetime import date
from typing import Any

from babel.numbers import is_currency
from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.shipping.landed_cost import ImportCharge
from checkout.shipping.places import shortened, tidy_places
from microflight.core.bounds import MAX_AMOUNT
from microflight.core.sourced_admin import SOURCED_COLUMNS, CheckFilter, SourcedAdmin


class ImportChargeForm(forms.ModelForm):
    """A charge, with places and currency in capitals."""

    def clean_places(self) -> str:
        return tidy_places(self.cleaned_data["places"])

    def clean_currency(self) -> str:
        """Return the code in capitals. Raises ValidationError for another format."""
        code = str(self.cleaned_data["currency"]).upper()
        if not is_currency(code):
            raise forms.ValidationError(gettext("Enter a currency code such as EUR."))
        return code

    def clean(self) -> dict[str, Any]:
        """Reject a charge that the same goods already have under this name: both would add up."""
        data = super().clean() or {}
        if not self.errors and (other := self._charged_twice(data)):
            text = gettext("“%(other)s” is charged on some of these goods and days already.")
            raise forms.ValidationError(text % {"other": other})
        return data

    def _charged_twice(self, data: dict[str, Any]) -> ImportCharge | None:
        first, last = data["starts_on"], data["ends_on"] or date.max
        above, up_to = data["above_value"] or 0, data["up_to_value"] or MAX_AMOUNT
        same = ImportCharge.objects.exclude(pk=self.instance.pk).filter(
            Q(ends_on=None) | Q(ends_on__gte=first),
            Q(above_value=None) | Q(above_value__lt=up_to),
            Q(up_to_value=None) | Q(up_to_value__gt=above),
            name__iexact=data["name"],
            type=data["type"],
            starts_on__lte=last,
        )
        places = {*data["places"].split()}
        return next((each for each in same if places & {*each.places.split()}), None)


@admin.register(ImportCharge)
class ImportChargeAdmin(SourcedAdmin):
    """Duty, taxes and fees that buyers pay on delivery."""

    form = ImportChargeForm
    list_display = ["name", "type", "where", "low", "high", "currency", "starts_on", "ends_on",
                    *SOURCED_COLUMNS]  # fmt: skip
    list_filter = [CheckFilter, "type"]
    search_fields = ["name", "places"]

    @admin.display(description=_("Places"), ordering="places")
    def where(self, charge: ImportCharge) -> str:
        return shortened(charge.places)
