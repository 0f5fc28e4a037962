"""Countries, as lists show them."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from oscar.apps.address.models import Country

from microflight.core.collation import by_name


def countries() -> "QuerySet[Country]":
    """Return all countries: Canada and the US first, the others by name."""
    return Country.objects.order_by("-display_order", by_name("printable_name"))


class OwnCountriesForm(forms.ModelForm):
    """A record with countries, of which each country has one at most: else one would be ignored."""

    already_there: ClassVar[Any] = gettext_lazy("“%(other)s” already has %(countries)s.")

    def clean_countries(self) -> Any:
        """Reject countries of another record of this model."""
        chosen = self.cleaned_data["countries"]
        others = self._meta.model._default_manager.exclude(pk=self.instance.pk)
        if other := others.filter(countries__in=chosen).first():
            shared = other.countries.filter(pk__in=chosen)
            names = {"other": other, "countries": ", ".join(map(str, shared))}
            raise forms.ValidationError(self.already_there % names)
        return chosen
