"""Validation of postal addresses."""

import pytest
from django.core.exceptions import ValidationError
from oscar.apps.address.models import Country

from accounts.addresses import AddressFieldsMixin
from accounts.phones import clean_phone
from accounts.postcodes import clean_postcode, postcode_advice
from accounts.provinces import clean_province, normalize_place, provinces


def test_countries_have_their_provinces() -> None:
    assert len(provinces("CA")) == 13
    assert ("SK", "Saskatchewan") in provinces("CA")
    assert len(provinces("US")) == 60
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


SPELLINGS = {
    ("CA", "BC"): "Colombie-Britannique, C.-B., B.C., Colombie-Brit., B. Columbia",
    ("CA", "NB"): "Nouveau-Brunswick, N.-B.",
    (
        "CA",
        "NL",
    ): "Newfoundland, Nfld., NF, Terre-Neuve-et-Labrador, Newfoundland & Labrador, T.-N.-L., "
    "T.-N.-et-L.",
    ("CA", "NS"): "Nouvelle-Écosse, NOUVELLE ECOSSE, N.S., N.-É., Nova Scotia NS",
    ("CA", "NT"): "NWT, N.W.T., Territoires du Nord-Ouest, T.N.-O., Northwest Terr.",
    ("CA", "ON"): "Ont., ontario, Province of Ontario, Ontario (ON)",
    ("CA", "PE"): "PEI, P.E.I., p e i, Île-du-Prince-Édouard, Î.-P.-É., Ile du Prince-Edouard",
    ("CA", "QC"): "Québec, QUEBEC, Quebec\u0301, PQ, P.Q., Qué., ＱＣ, Province de Québec, "
    "La province du Québec, Quebec Province",
    ("CA", "SK"): "Sask., Saskatchewan - Canada, Sask Canada",
    ("CA", "YT"): "Yukon Territory, Territoire du Yukon, YK",
    ("US", "CA"): "Calif., Californie, State of California",
    ("US", "DC"): "Washington DC, D.C., Washington (D.C.), Wash. D.C., Dist. of Columbia",
    ("US", "HI"): "Hawai‘i, Hawaiʻi, Hawaï",
    ("US", "MP"): "CNMI, CM, Northern Marianas",
    ("US", "NC"): "N. Carolina, N Carolina, No. Carolina, N.C.",
    ("US", "NH"): "N. Hampshire, New Hampshire State",
    ("US", "NY"): "New York State, The State of New York, N.Y.",
    ("US", "TX"): "Texas United States, TX Texas, Texas U.S.A.",
    ("US", "WV"): "W. Virginia, W Virginia, West Va.",
    ("US", "PR"): "Puerto Rico, P.R.",
    ("US", "VI"): "USVI, U.S.V.I., Virgin Islands, US Virgin Islands, United States Virgin Islands",
    ("US", "WA"): "Washington, Wash., Washington State, State of Washington",
}


@pytest.mark.parametrize(("place", "spellings"), SPELLINGS.items())
def test_other_spellings_of_a_province_are_accepted(place: tuple[str, str], spellings: str) -> None:
    country, code = place
    codes = {typed: clean_province(country, typed) for typed in spellings.split(", ")}
    assert codes == dict.fromkeys(spellings.split(", "), code)
    # Mutation: `_words` without `fold` loses the accented spellings


@pytest.mark.parametrize(
    "typed", ["New", "N.", "Dakota", "S. Islands", "North", "West", "Carolina"]
)
def test_abbreviation_of_several_states_or_none_is_rejected(typed: str) -> None:
    with pytest.raises(ValidationError):
        clean_province("US", typed)


def test_washington_with_a_comma_is_the_district_of_columbia() -> None:
    assert clean_province("US", "Washington, D.C.") == "DC"
    assert clean_province("CA", "SK, Saskatchewan, Canada") == "SK"


@pytest.mark.parametrize(
    ("country", "typed", "said"),
    [
        ("CA", "Ontaro", "“Ontaro” is unknown. Did you mean Ontario?"),
        ("CA", "Saskatchewn", "“Saskatchewn” is unknown. Did you mean Saskatchewan?"),
        ("CA", "Nouvele-Ecosse", "“Nouvele-Ecosse” is unknown. Did you mean Nova Scotia?"),
        ("US", "West Virgina", "“West Virgina” is unknown. Did you mean West Virginia?"),
        ("US", "Ontario", "Enter a US state, or choose Canada for “Ontario”."),
        (
            "CA",
            "Texas",
            "Enter a Canadian province or territory, or choose the United States for “Texas”.",
        ),
        (
            "CA",
            "Ontario, Quebec",
            "Enter a Canadian province or territory, by name or two-letter code.",
        ),
        ("CA", "加拿大", "Enter a Canadian province or territory, by name or two-letter code."),
        ("US", "!", "Enter a US state, by name or two-letter code."),
        ("PR", "Ponce", "Leave this empty for Puerto Rico, or choose another country."),
    ],
)
def test_unknown_province_is_rejected_with_a_suggestion(
    country: str, typed: str, said: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_province(country, typed)
    assert refusal.value.messages == [said]


@pytest.mark.parametrize("territory", ["AS", "GU", "MP", "PR", "UM", "VI"])
def test_us_territory_is_a_part_of_the_us(territory: str) -> None:
    name = dict(provinces("US"))[territory]
    for country, typed in [(territory, ""), (territory, name), ("US", name), ("US", territory)]:
        assert normalize_place(country, clean_province(country, typed)) == ("US", territory)


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
        ("JM", "", "", ""),
        ("VN", "", "10000", "10000"),
        ("FR", "", "abc", "ABC"),
        ("CA", "SK", "Ｓ７Ｈ　０Ｓ３", "S7H 0S3"),
        ("CA", "SK", "S7H\u20130S3", "S7H 0S3"),
        ("US", "WA", "98101 \u2013 1234", "98101-1234"),
        ("US", "WA", "\u0669\u0668\u0661\u0660\u0661", "98101"),
        ("JP", "", "\u3012\uff11\uff10\uff10\u2212\uff10\uff10\uff10\uff11", "100-0001"),
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
    ],
)
def test_invalid_postcode_is_rejected_with_reason(
    country: str, province: str, typed: str, said: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_postcode(country, province, typed)
    assert refusal.value.messages == [said]


@pytest.mark.parametrize(
    ("country", "postcode", "advice"),
    [
        ("JM", "", ""),
        ("JM", "JMAAW14", ""),
        ("VN", "10000", ""),
        ("VN", "700000", ""),
        ("GB", "SW1A 1AA", ""),
        ("GB", "SW1A1AA", ""),
        ("PL", "00950", ""),
        ("PL", "00-950", ""),
        ("DE", "D-10115", ""),
        ("LU", "L-1234", ""),
        ("LT", "LT-01100", ""),
        ("SE", "SE-123 45", ""),
        ("JP", "100-0001", ""),
        ("AE", "anything", ""),
        ("CA", "anything", ""),  # checked, no advice
        ("PR", "anything", ""),
        ("XX", "anything", ""),
        ("FR", "ABC", "Postal codes in this country look like 33380."),
        ("FR", "", "Addresses in this country have a postal code, such as 33380."),
    ],
)
def test_postcode_advice_follows_the_country(country: str, postcode: str, advice: str) -> None:
    assert postcode_advice(country, postcode) == advice


def test_phone_with_a_slash_after_the_area_code_is_one_number() -> None:
    assert clean_phone("DE", "030/901820") == "+4930901820"
    assert clean_phone("DE", "+49 30 / 901820") == "+4930901820"
    assert clean_phone("US", "1-800-GO-FEDEX") == "+18004633339"


def test_phone_is_stored_with_country_code() -> None:
    assert clean_phone("CA", "306-955-1836") == "+13069551836"
    assert clean_phone("CA", "+44 20 7946 0018") == "+442079460018"
    assert clean_phone("CA", "３０６−９５５−１８３６") == "+13069551836"
    assert clean_phone("CA", "306-955-1836\u202c") == "+13069551836"
    assert clean_phone("CA", "306 555 0100") == "+13065550100"  # not in use today
    assert clean_phone("CA", " ") == ""


@pytest.mark.parametrize(
    "typed",
    [
        "306-955-1836 ext 12",
        "306-955-1836 Ext. 12",
        "306-955-1836 extension 12",
        "306-955-1836 x12",
        "306-955-1836x12",
        "(306) 955-1836, poste 12",
        "306-955-1836 p. 12",
        "306.955.1836 #12",
        "306-955-1836 local 12",
        "306-955-1836,12",
        "+1 306-955-1836;ext=12",
        "306-955-1836 (ext. 12)",
        "306-955-1836 (x12)",
        "306-955-1836 ext no. 12",
        "306-955-1836 Ext-12",
        "306/955-1836 x12",
    ],
)
def test_phone_keeps_its_extension(typed: str) -> None:
    assert clean_phone("CA", typed) == "+13069551836 ext. 12"
    assert clean_phone("CA", clean_phone("CA", typed)) == "+13069551836 ext. 12"


@pytest.mark.parametrize(
    "typed",
    [
        "call me",
        "call 306-955-1836",
        "306-955-1836 mornings",
        "306-955-1836 a.m.",
        "306-955-1836 Jo",
        "306-955-1836 早上",
        "306-955-1836 *",
        "306-955-1836/7",
        "30 9018 2012 DW 12",
        "306-955-1836 (home)",
        "306-955-1836 / 306-955-0000",
        "306-955-1836 or 306-955-0000",
        "306-955-1836 x12/x13",
        "306-955-1836 ext. twelve",
        "955-1836",
        "x12",
    ],
)
def test_phone_with_other_text_is_rejected(typed: str) -> None:
    with pytest.raises(ValidationError):
        clean_phone("CA", typed)  # Mutation: without `_ONE_NUMBER`, phonenumbers drops the text


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


@pytest.fixture
def _world(_canada: None) -> None:
    for pk, name in {"FR": "France", "US": "United States", "PR": "Puerto Rico"}.items():
        Country.objects.create(pk=pk, printable_name=name, is_shipping_country=True)


ABROAD = {**TYPED, "country": "FR", "province": "", "phone": "", "postcode": "abc"}


@pytest.mark.usefixtures("_world")
def test_strange_postcode_is_accepted_once_confirmed() -> None:
    form = ShippingForm(ABROAD)
    assert form.errors == {
        "postcode": ["Postal codes in this country look like 33380."],
        "postcode_as_typed": ["If it is correct, check this box."],
    }
    assert (form.asks_as_typed, form.is_as_typed, form.as_typed_value) == (True, False, "FR ABC")
    confirmed = ShippingForm(ABROAD | {"postcode_as_typed": "FR ABC"})
    assert confirmed.is_valid(), confirmed.errors
    assert confirmed.cleaned_data["postcode"] == "ABC"


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("confirmed", ["FR ABD", "GB ABC", "on"])
def test_confirmation_of_another_postcode_does_not_count(confirmed: str) -> None:
    form = ShippingForm(ABROAD | {"postcode_as_typed": confirmed})
    assert list(form.errors) == ["postcode", "postcode_as_typed"]


@pytest.mark.usefixtures("_world")
def test_wrong_canadian_postcode_cannot_be_confirmed() -> None:
    form = ShippingForm(TYPED | {"postcode": "ABC", "postcode_as_typed": "CA ABC"})
    assert form.errors == {"postcode": ["Enter a Canadian postal code, such as S7H 0S3."]}
    assert not form.asks_as_typed


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(
    ("country", "province"), [("PR", ""), ("PR", "Puerto Rico"), ("US", "PR"), ("US", "P.R.")]
)
def test_puerto_rico_has_one_spelling(country: str, province: str) -> None:
    form = ShippingForm(TYPED | {"country": country, "province": province, "postcode": "00907"})
    assert form.is_valid(), form.errors
    cleaned = form.cleaned_data
    assert (cleaned["country"].pk, cleaned["province"], cleaned["postcode"]) == (
        "US",
        "PR",
        "00907",
    )


@pytest.mark.usefixtures("_world")
def test_postcode_of_another_state_is_rejected_in_a_territory() -> None:
    form = ShippingForm(TYPED | {"country": "PR", "province": "", "postcode": "98101"})
    assert form.errors == {"postcode": ["98101 is not in Puerto Rico."]}


@pytest.mark.usefixtures("_canada")
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Sukarno", "Sukarno"),
        ("  Ana   María ", "Ana María"),
        ("Zoe\u0308", "Zoë"),
        ("\ufeffDa\u200bna\u00ad", "Dana"),
        ("Dana\u202egnp.exe", "Danagnp.exe"),
        ("نازنین‌زهرا", "نازنین‌زهرا"),  # with a joiner
        ("👩‍🚀 Ada 𠮷", "👩‍🚀 Ada 𠮷"),
        ("O’Brien-Smith, Jr.", "O’Brien-Smith, Jr."),
        ("x" * 255, "x" * 255),
    ],
)
def test_name_is_kept(typed: str, stored: str) -> None:
    form = ShippingForm(TYPED | {"first_name": typed, "last_name": ""})
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["first_name"], form.cleaned_data["last_name"]) == (stored, "")


@pytest.mark.usefixtures("_canada")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("\u200b\u3164", "Enter your first name."),
        ("x" * 256, "Ensure this value has at most 255 characters (it has 256)."),
        ("Dana\nBcc: all@example.com", "Use one line."),
    ],
)
def test_name_that_cannot_be_kept_is_rejected(typed: str, said: str) -> None:
    assert ShippingForm(TYPED | {"first_name": typed}).errors == {"first_name": [said]}


@pytest.mark.usefixtures("_canada")
def test_browser_does_not_cut_what_is_pasted() -> None:
    assert "maxlength" not in str(ShippingForm())  # Mutation: without FORM_RENDERER
