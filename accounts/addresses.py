"""The fields of a postal address and the checks between them, for the account and for checkout."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.abstract_models import AbstractAddress
from oscar.apps.address.models import Country

from accounts.countries import countries
from accounts.phones import clean_phone
from accounts.postcodes import CHECKED, clean_postcode, postcode_advice
from accounts.provinces import US_TERRITORIES, clean_province, normalize_place, provinces
from microflight.core.forms import LineField


def _text(label: Any, autocomplete: str, length: int, **options: Any) -> LineField:
    attrs = {"autocomplete": autocomplete, **options.pop("attrs", {})}
    widget = forms.TextInput(attrs=attrs)
    return LineField(label=label, max_length=length, widget=widget, **options)


_REQUIRED = {
    "first_name": _("Enter your first name."),
    "country": _("Choose the country to ship to."),
    "line1": _("Enter the street address or PO box."),
    "city": _("Enter the city."),
}


class AddressFieldsMixin(forms.Form):
    """The fields of a postal address and the checks between them.

    Set `autocomplete_section` (e.g. "shipping") where a page holds more than one address. After
    cleaning, `province` is a code in Canada and the US, `postcode` and `phone` are normalised and
    `country` is a Country, the US for its territories. Each error is attached to its own field. A
    person with one name has no last name. `postcode_as_typed` confirms a postal code that looks
    wrong: it holds the country and the code.
    """

    autocomplete_section = ""

    first_name = _text(_("First name"), "given-name", 255)
    last_name = _text(_("Last name"), "family-name", 255, required=False)
    line1 = _text(_("Street address or PO box"), "address-line1", 120)
    line2 = _text(_("Apartment, unit or company"), "address-line2", 120, required=False)
    city = _text(_("City"), "address-level2", 80)
    country = forms.ModelChoiceField(
        label=_("Country"),
        queryset=countries().filter(is_shipping_country=True),
        initial="CA",
        empty_label=None,
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    province = _text(
        _("Province or state"),
        "address-level1",
        60,
        required=False,
        attrs={"list": "provinces"},
        error_messages={"required": _("Enter the province or state.")},
    )
    postcode = _text(
        _("Postal or ZIP code"),
        "postal-code",
        16,
        required=False,
        error_messages={"required": _("Enter the postal or ZIP code.")},
    )
    postcode_as_typed = _text(_("Use the postal code as typed"), "off", 64, required=False)
    phone = LineField(
        label=_("Phone"),
        max_length=64,
        required=False,
        help_text=_("For the carrier, in case the package cannot be delivered."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel", "inputmode": "tel"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, message in _REQUIRED.items():
            self.fields[name].error_messages["required"] = message
        if self.autocomplete_section:
            for name in AddressFieldsMixin.base_fields:
                attrs = self.fields[name].widget.attrs
                attrs["autocomplete"] = f"{self.autocomplete_section} {attrs['autocomplete']}"
        country = str(self["country"].value())
        self.fields["province"].required = country in {"CA", "US"}
        self.fields["postcode"].required = country in CHECKED

    @property
    def province_choices(self) -> dict[str, list[tuple[str, str]]]:
        """Return (code, name) by country, for address.js and the datalist."""
        return {country: provinces(country) for country in ("CA", "US", *US_TERRITORIES)}

    @property
    def as_typed_value(self) -> str:
        """Return what the checkbox confirms: country and postal code."""
        return _as_typed(self["country"].value(), self["postcode"].value())

    @property
    def is_as_typed(self) -> bool:
        """Return whether the checkbox was checked for this country and postal code."""
        return _as_typed(self["postcode_as_typed"].value()) == self.as_typed_value

    @property
    def asks_as_typed(self) -> bool:
        """Return whether the page has the checkbox: the postal code looks wrong."""
        country, postcode = self["country"].value(), self["postcode"].value() or ""
        wanted = self.is_bound or postcode
        return bool(wanted and postcode_advice(str(country), clean_postcode("", "", postcode)))

    def _keep(self, name: str, rule: Any, *context: str) -> str:
        """Replace a cleaned value with its normalized form, or attach the error to its field."""
        if name not in self.cleaned_data:  # it already has an error
            return ""
        value = self.cleaned_data[name]
        try:
            value = self.cleaned_data[name] = rule(*context, value)
        except ValidationError as error:
            self.add_error(name, error)
        return str(value)

    def clean(self) -> dict[str, Any]:
        """Check province, postal code and phone against the country."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        country = cleaned.get("country")
        if country is not None:
            typed = country.iso_3166_1_a2
            code, province = normalize_place(typed, self._keep("province", clean_province, typed))
            self._keep("postcode", clean_postcode, code, province)
            self._keep("phone", clean_phone, code)
            self._advise(code)
            if code != typed:
                cleaned["country"] = Country.objects.filter(pk=code).first() or country
                cleaned["province"] = province
        return cleaned

    def _advise(self, country: str) -> None:
        """Ask for confirmation of a postal code that looks wrong."""
        advice = postcode_advice(country, self.cleaned_data.get("postcode", ""))
        if "postcode" in self.cleaned_data and advice and not self.is_as_typed:
            self.add_error("postcode", advice)
            self.add_error("postcode_as_typed", _("If it is correct, check this box."))


def _as_typed(*texts: Any) -> str:
    return clean_postcode("", "", " ".join(str(text or "") for text in texts))


def address_initial(address: AbstractAddress | None) -> dict[str, str]:
    """Return an address of a customer or an order as initial data for AddressFieldsMixin."""
    if address is None:
        return {}
    phone: Any = getattr(address, "phone_number", None)  # a billing address has none
    return {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.line4,
        "country": address.country_id,
        "province": address.state,
        "postcode": address.postcode,
        "postcode_as_typed": _as_typed(address.country_id, address.postcode),
        "phone": phone.as_international if phone else "",
    }
