"""Validation of postal addresses."""

import pytest
from django.core.exceptions import ValidationError
from oscar.apps.address.models import Country

from accounts.addresses import (
    AddressFieldsMixin,
    clean_phone,
    clean_postcode,
    clean_province,
    provinces,
)


def test_countries_have_their_provinces() -> None:
    assert len(provinces("CA")) == 13
    assert ("SK", "Saskatchewan") in provinces("CA")
    assert len(provinces("US")) == 59
    assert provinces("FR") == []


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("CA", "saskatchewan", "SK"),
        ("CA", " sk ", "SK"),
        ("CA", "Québec", "QC"),
        ("US", "new york", "NY"),
        ("FR", " Bretagne ", "Bretagne"),
        ("FR", "", ""),
    ],
)
def test_province_is_stored_as_code(country: str, typed: str, kept: str) -> None:
    assert clean_province(country, typed) == kept


@pytest.mark.parametrize(("country", "typed"), [("CA", ""), ("CA", "WA"), ("US", "Ontario")])
def test_unknown_province_is_rejected(country: str, typed: str) -> None:
    with pytest.raises(ValidationError):
        clean_province(country, typed)


@pytest.mark.parametrize(
    ("country", "province", "typed", "kept"),
    [
        ("CA", "SK", "s7h0s3", "S7H 0S3"),
        ("CA", "QC", "K1A 0H4", "K1A 0H4"),
        ("US", "WA", " 98101 ", "98101"),
        ("US", "NY", "100011234", "10001-1234"),
        ("US", "TX", "88510", "88510"),
        ("GB", "", "sw1a  1aa", "SW1A 1AA"),
        ("AE", "", "", ""),
    ],
)
def test_postcode_is_normalized(country: str, province: str, typed: str, kept: str) -> None:
    assert clean_postcode(country, province, typed) == kept


@pytest.mark.parametrize(
    ("country", "province", "typed", "said"),
    [
        ("CA", "SK", "", "Enter a Canadian postal code, such as S7H 0S3."),
        ("CA", "SK", "D7H 0S3", "Enter a Canadian postal code, such as S7H 0S3."),
        ("CA", "ON", "S7H 0S3", "S7H 0S3 is not in Ontario."),
        ("US", "WA", "9810", "Enter a 5-digit ZIP code, such as 98101."),
        ("US", "WA", "10001", "10001 is not in Washington."),
        ("FR", "", "ABC", "Enter the postal code in the format of your country."),
    ],
)
def test_invalid_postcode_is_rejected_with_reason(
    country: str, province: str, typed: str, said: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_postcode(country, province, typed)
    assert refusal.value.messages == [said]


def test_phone_is_stored_with_country_code() -> None:
    assert clean_phone("CA", "306-955-1836") == "+13069551836"
    assert clean_phone("CA", "+44 20 7946 0018") == "+442079460018"
    assert clean_phone("CA", " ") == ""
    with pytest.raises(ValidationError):
        clean_phone("CA", "call me")


class ShippingForm(AddressFieldsMixin):
    autocomplete_section = "shipping"


@pytest.fixture
def _canada(db: None) -> None:
    Country.objects.get_or_create(
        pk="CA", defaults={"printable_name": "Canada", "is_shipping_country": True}
    )


TYPED = {
    "first_name": "Alice",
    "last_name": "Moth",
    "line1": "12 Elevator Rd",
    "city": "Saskatoon",
    "country": "CA",
    "province": "Saskatchewan",
    "postcode": "s7h0s3",
    "phone": "306 955 1836",
}


@pytest.mark.usefixtures("_canada")
def test_form_normalizes_values() -> None:
    form = ShippingForm(TYPED)
    assert form.is_valid(), form.errors
    cleaned = form.cleaned_data
    assert (cleaned["province"], cleaned["postcode"]) == ("SK", "S7H 0S3")
    assert cleaned["phone"] == "+13069551836"


@pytest.mark.usefixtures("_canada")
def test_each_error_is_at_its_field() -> None:
    form = ShippingForm({**TYPED, "province": "Ontario", "phone": "x"})
    assert form.errors == {
        "postcode": ["S7H 0S3 is not in Ontario."],
        "phone": ["Enter a phone number; outside Canada and the US, with + and the country code."],
    }


@pytest.mark.promise("autofill")
@pytest.mark.usefixtures("_canada")
def test_address_fields_have_autocomplete() -> None:
    tokens = {
        name: field.widget.attrs["autocomplete"] for name, field in ShippingForm().fields.items()
    }
    assert tokens["line1"] == "shipping address-line1"
    assert tokens["postcode"] == "shipping postal-code"
    assert tokens["phone"] == "shipping tel"


@pytest.mark.usefixtures("_canada")
def test_province_and_postcode_are_required_in_canada_and_us() -> None:
    Country.objects.create(pk="AE", printable_name="Emirates", is_shipping_country=True)
    assert ShippingForm().fields["postcode"].required
    assert ShippingForm({**TYPED, "postcode": ""}).errors == {
        "postcode": ["Enter the postal or ZIP code."]
    }
    abroad = ShippingForm({**TYPED, "country": "AE", "province": "", "postcode": "", "phone": ""})
    assert abroad.is_valid(), abroad.errors
