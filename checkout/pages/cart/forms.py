"""Fields of the cart: quantity, and the destination for shipping rates."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.postcodes import clean_postcode
from accounts.provinces import provinces
from checkout.basket import services
from checkout.shipping.destination import Destination
from microflight.core.forms import LineField
from microflight.core.numbers import IntegerField

#: Countries whose rates and rules depend on province and postal code.
WITH_PROVINCES = ("CA", "US")
_CHOOSE_COUNTRY = _("Choose a country from the list.")


class QuantityField(IntegerField):
    """A quantity between `minimum` and the most that a cart holds."""

    def __init__(self, minimum: int) -> None:
        whole_number = _("Enter a whole number, such as 1.")
        super().__init__(
            min_value=minimum,
            max_value=services.MAX_ITEMS,
            error_messages={
                "required": whole_number,
                "invalid": whole_number,
                "min_value": whole_number if minimum else _("Enter 0 or more."),
                "max_value": services.TOO_MANY_ITEMS,
            },
        )


class DestinationForm(forms.Form):
    """Where the cart and product pages calculate shipping to: a country (ISO2); in Canada and the
    US also a province or state and a postal code, if the shopper wants a more exact answer.

    `any_country`: the page asks for all at once; else the fields are those of the chosen country.
    What is left over from the earlier country is cleared.
    """

    country = forms.ChoiceField(
        label=_("Ship to"),
        error_messages={"required": _CHOOSE_COUNTRY, "invalid_choice": _CHOOSE_COUNTRY},
        widget=forms.Select(attrs={"autocomplete": "shipping country"}),
    )
    province = forms.ChoiceField(
        label=_("Province or state"),
        required=False,
        widget=forms.Select(attrs={"autocomplete": "shipping address-level1"}),
    )
    postcode = LineField(
        label=_("Postal or ZIP code"),
        max_length=16,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "shipping postal-code", "size": 8}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        countries: Mapping[str, str],
        to: Destination,
        any_country: bool = False,
        **kwargs: Any,
    ) -> None:
        initial = {"country": to.country, "province": to.province, "postcode": to.postcode}
        super().__init__(data, auto_id="destination-%s", initial=initial, **kwargs)
        self.to = to
        field: Any = self.fields["country"]
        field.choices = list(countries.items())
        with_provinces = [each for each in WITH_PROVINCES if any_country or each == to.country]
        if not with_provinces:
            del self.fields["province"], self.fields["postcode"]
            return
        field = self.fields["province"]
        groups = [(countries.get(each, each), provinces(each)) for each in with_provinces]
        field.choices = [("", _("Not specified")), *(groups if any_country else groups[0][1])]

    def clean(self) -> dict[str, str]:
        """Return country, province and postal code; empty where the country has none."""
        data = {"province": "", "postcode": "", **(super().clean() or {})}
        country = data.get("country", "")
        if country not in WITH_PROVINCES:
            for name in ("province", "postcode"):
                self.errors.pop(name, None)
            return {"country": country, "province": "", "postcode": ""}
        if country != self.to.country:
            for name in ("province", "postcode"):
                if data[name] == getattr(self.to, name):
                    data[name] = ""
        self._check(country, data)
        return data

    def _check(self, country: str, data: dict[str, str]) -> None:
        if data["province"] and data["province"] not in dict(provinces(country)):
            self.add_error("province", gettext("Choose a province or state of this country."))
        elif data["postcode"]:
            try:
                data["postcode"] = clean_postcode(country, data["province"], data["postcode"])
            except ValidationError as error:
                self.add_error("postcode", error)
