"""Validation of postal addresses: one set of rules for the account and for checkout.

Provinces and states are stored as the two-letter postal code. Sources: Canada Post's
addressing guidelines (first letter of a postal code by province) and the USPS state list (first
digit of a ZIP code by state).
"""

import re
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.abstract_models import AbstractShippingAddress
from oscar.apps.address.models import Country, UserAddress

#: code: (name, first letters of its postal codes)
_CANADA = {
    "AB": ("Alberta", "T"),
    "BC": ("British Columbia", "V"),
    "MB": ("Manitoba", "R"),
    "NB": ("New Brunswick", "E"),
    "NL": ("Newfoundland and Labrador", "A"),
    "NS": ("Nova Scotia", "B"),
    "NT": ("Northwest Territories", "X"),
    "NU": ("Nunavut", "X"),
    "ON": ("Ontario", "KLMNP"),
    "PE": ("Prince Edward Island", "C"),
    "QC": ("Quebec", "GHJK"),  # K: federal offices in Gatineau have Ottawa's K1A
    "SK": ("Saskatchewan", "S"),
    "YT": ("Yukon", "Y"),
}

#: first digit of the ZIP code: states; a state listed twice has both
_STATES_BY_DIGIT = {
    "0": "CT MA ME NH NJ NY PR RI VI VT AE",
    "1": "DE NY PA",
    "2": "DC MD NC SC VA WV",
    "3": "AL FL GA MS TN AA",
    "4": "IN KY MI OH",
    "5": "DC IA MN MT ND SD WI",
    "6": "IL KS MO NE",
    "7": "AR LA OK TX",
    "8": "AZ CO ID NM NV TX UT WY",
    "9": "AK AS CA GU HI MP OR WA AP",
}

_UNITED_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AS": "American Samoa", "AZ": "Arizona", "AR": "Arkansas",
    "AA": "Armed Forces Americas", "AE": "Armed Forces Europe", "AP": "Armed Forces Pacific",
    "CA": "California", "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware",
    "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia", "GU": "Guam", "HI": "Hawaii",
    "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "MP": "Northern Mariana Islands", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
    "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "VI": "U.S. Virgin Islands",
    "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia",
    "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip

_CANADIAN_POSTCODE = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d")
_ZIP_CODE = re.compile(r"\d{5}(\d{4})?")


def provinces(country: str) -> list[tuple[str, str]]:
    """Return (code, name) of each province or state of a country (ISO2), sorted by name.

    Only Canada and the US have a list; elsewhere a province is free text and may be empty.
    """
    if country == "CA":
        return [(code, name) for code, (name, _letters) in _CANADA.items()]
    return list(_UNITED_STATES.items()) if country == "US" else []


def _plain(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower().replace("é", "e"))


def clean_province(country: str, province: str) -> str:
    """Return the code of a province given as code or name; raise ValidationError if unknown."""
    known = provinces(country)
    if not known:
        return province.strip()
    wanted = _plain(province)
    for code, name in known:
        if wanted in {_plain(code), _plain(name)}:
            return code
    if country == "CA":
        message = _("Enter a Canadian province or territory, by name or two-letter code.")
    else:
        message = _("Enter a US state, by name or two-letter code.")
    raise ValidationError(message, code="province")


def _elsewhere(postcode: str, province: str) -> ValidationError:
    text = _("%(postcode)s is not in %(province)s.")
    params = {"postcode": postcode, "province": province}
    return ValidationError(text, code="postcode", params=params)


def _canadian(province: str, postcode: str) -> str:
    bare = re.sub(r"[\s-]", "", postcode)
    if not _CANADIAN_POSTCODE.fullmatch(bare):
        raise ValidationError(_("Enter a Canadian postal code, such as S7H 0S3."), code="postcode")
    if province in _CANADA and bare[0] not in _CANADA[province][1]:
        raise _elsewhere(f"{bare[:3]} {bare[3:]}", _CANADA[province][0])
    return f"{bare[:3]} {bare[3:]}"


def _american(state: str, postcode: str) -> str:
    bare = re.sub(r"[\s-]", "", postcode)
    if not _ZIP_CODE.fullmatch(bare):
        raise ValidationError(_("Enter a 5-digit ZIP code, such as 98101."), code="postcode")
    if state in _UNITED_STATES and state not in _STATES_BY_DIGIT[bare[0]].split():
        raise _elsewhere(bare[:5], _UNITED_STATES[state])
    return f"{bare[:5]}-{bare[5:]}" if len(bare) == 9 else bare


def clean_postcode(country: str, province: str, postcode: str) -> str:
    """Return the postal code in its official format.

    `country` is ISO2, `province` a code of `provinces()` or free text. Raises ValidationError
    where the code is missing, malformed, or (in Canada and the US) of another province.
    """
    text = " ".join(postcode.upper().split())
    if country == "CA":
        return _canadian(province, text)
    if country == "US":
        return _american(province, text)
    pattern = UserAddress.POSTCODES_REGEX.get(country)
    if pattern and not re.match(pattern, text.replace(" ", "")):
        raise ValidationError(
            _("Enter the postal code in the format of your country."), code="postcode"
        )
    return text


def clean_phone(country: str, phone: str) -> str:
    """Return a phone number as +13069551836, or "" for none; raise ValidationError if wrong.

    Without a leading + it is read as a number of `country` (ISO2).
    """
    if not phone.strip():
        return ""
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValidationError(
            _("Enter a phone number; outside Canada and the US, with + and the country code."),
            code="phone",
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _text(label: Any, autocomplete: str, length: int, **options: Any) -> forms.CharField:
    attrs = {"autocomplete": autocomplete, **options.pop("attrs", {})}
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, max_length=length, widget=widget, **options)


_REQUIRED = {
    "first_name": _("Enter your first name."),
    "last_name": _("Enter your last name."),
    "country": _("Choose the country to ship to."),
    "line1": _("Enter the street address or PO box."),
    "city": _("Enter the city."),
}


class AddressFieldsMixin(forms.Form):
    """The fields of a postal address and the checks between them.

    Set `autocomplete_section` (e.g. "shipping") where a page holds more than one address. After
    cleaning, `province` is a code in Canada and the US, `postcode` and `phone` are normalised and
    `country` is a Country. Each error is attached to its own field.
    """

    autocomplete_section = ""

    first_name = _text(_("First name"), "given-name", 60)
    last_name = _text(_("Last name"), "family-name", 60)
    line1 = _text(_("Street address or PO box"), "address-line1", 120)
    line2 = _text(_("Apartment, unit or company"), "address-line2", 120, required=False)
    city = _text(_("City"), "address-level2", 80)
    country = forms.ModelChoiceField(
        label=_("Country"),
        queryset=Country.objects.filter(is_shipping_country=True),
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
    phone = forms.CharField(
        label=_("Phone"),
        max_length=32,
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
        if str(self["country"].value()) in {"CA", "US"}:
            for name in ("province", "postcode"):
                self.fields[name].required = True
                # the browser must not insist: the country may be changed before sending
                self.fields[name].widget.is_required = False

    @property
    def province_suggestions(self) -> list[tuple[str, str]]:
        """Return (code, name) for the page's datalist `provinces`: Canada, then the US."""
        return provinces("CA") + provinces("US")

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
            code = country.iso_3166_1_a2
            province = self._keep("province", clean_province, code)
            self._keep("postcode", clean_postcode, code, province)
            self._keep("phone", clean_phone, code)
        return cleaned


def address_initial(address: AbstractShippingAddress | None) -> dict[str, str]:
    """Return an address of a customer or an order as initial data for AddressFieldsMixin."""
    if address is None:
        return {}
    return {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.line4,
        "country": address.country_id,
        "province": address.state,
        "postcode": address.postcode,
        "phone": str(address.phone_number or ""),
    }
