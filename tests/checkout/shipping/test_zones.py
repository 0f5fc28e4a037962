"""Shipping zones: the most specific one wins, and no two zones have the same place."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from oscar.apps.address.models import Country

from checkout.shipping.destination import Destination
from checkout.shipping.models import ShippingZone
from checkout.shipping.zones import zone_of
from microflight.core.compiled_query import CompiledQuery

ADD = reverse("admin:shipping_shippingzone_add")


def make_zone(code: str, *countries: str, **regions: str) -> ShippingZone:
    """Return a zone; `SK="CA"` adds the province, `S7="CA"` the postal code prefix."""
    zone = ShippingZone.objects.create(code=code, name=code.capitalize())
    zone.countries.set(Country.objects.filter(pk__in=countries))
    for name, country in regions.items():
        field = "postcode_prefix" if any(one.isdigit() for one in name) else "province"
        zone.regions.create(country_id=country, **{field: name})
    return zone


@pytest.fixture
def zones(db: None) -> None:
    """Canada with a zone for Saskatchewan, one for a city in it and one for a part of the city."""
    for code, name in {"CA": "Canada", "US": "United States", "DE": "Germany"}.items():
        Country.objects.get_or_create(
            iso_3166_1_a2=code, defaults={"printable_name": name, "is_shipping_country": True}
        )
    Country.objects.exclude(pk__in=["CA", "US", "DE"]).delete()
    make_zone("world")
    make_zone("canada", "CA")
    make_zone("prairies", SK="CA", MB="CA")
    make_zone("saskatoon", S7="CA")
    make_zone("campus", S7H0="CA")
    make_zone("us", "US")
    make_zone("alaska", "DE", AK="US")


def zone(*place: str) -> str:
    to = Destination(*place)
    return zone_of(to.country, to.province, to.postcode_prefixes).values_list("code", flat=True)[0]


# Mutation: ordered by key alone, each of them was in the rest of the world.
@pytest.mark.parametrize(
    ("place", "code"),
    [
        (("FR", "", "75001"), "world"),
        (("FR", "SK", "S7H 0S3"), "world"),
        (("CA", "", ""), "canada"),
        (("CA", "ON", "K1A 0B1"), "canada"),
        (("CA", "SK", ""), "prairies"),
        (("CA", "SK", "S4P 3Y2"), "prairies"),
        (("CA", "SK", "S7K 1A1"), "saskatoon"),
        (("CA", "", "s7k-1a1"), "saskatoon"),
        (("CA", "SK", "S7H 0S3"), "campus"),
        (("CA", "SK", "S7H"), "saskatoon"),
        (("US", "AK", "99501"), "alaska"),
        (("US", "MB", "S7H 0S3"), "us"),
        (("DE", "AK", ""), "alaska"),
    ],
)
def test_most_specific_zone_wins(place: tuple[str, ...], code: str, zones: None) -> None:
    assert zone(*place) == code


def test_destination_without_a_zone_has_none(zones: None) -> None:
    ShippingZone.objects.get(code="world").delete()
    to = Destination("FR", "", "75001")
    assert not zone_of(to.country, to.province, to.postcode_prefixes).exists()


def test_compiled_query_fits_each_length_of_postal_code(zones: None) -> None:
    compiled = CompiledQuery(zone_of)
    for postcode in ("", "S7", "S7H 0S3"):
        to = Destination("CA", "SK", postcode)
        found = compiled(to.country, to.province, to.postcode_prefixes)
        assert found[0].code == zone("CA", "SK", postcode)


@pytest.mark.parametrize("fields", [{}, {"province": "SK", "postcode_prefix": "S7"}])
def test_region_is_a_province_or_a_prefix(fields: dict[str, str], zones: None) -> None:
    north = make_zone("north", NU="CA")
    with pytest.raises(IntegrityError), transaction.atomic():
        north.regions.create(country_id="CA", **fields)


# --- In the admin --------------------------------------------------------------------------------


def form(*regions: dict[str, str], **fields: Any) -> dict[str, Any]:
    data = {"code": "north", "name": "North", "regions-INITIAL_FORMS": 0, **fields}
    for number, region in enumerate(regions):
        data |= {f"regions-{number}-{name}": value for name, value in region.items()}
    return {**data, "regions-TOTAL_FORMS": len(regions)}


def test_region_is_stored_as_destinations_are_compared(staff: Client, zones: None) -> None:
    regions = (
        {"country": "CA", "province": "québec"},
        {"country": "CA", "postcode_prefix": "k1a-0b"},
    )
    assert staff.post(ADD, form(*regions)).status_code == 302
    assert zone("CA", "QC", "") == "north"
    assert zone("CA", "ON", "K1A 0B1") == "north"


@pytest.mark.parametrize(
    ("region", "error"),
    [
        ({"country": "CA", "province": "SK"}, "The zone “Prairies” already has CA SK."),
        ({"country": "CA", "postcode_prefix": "s7"}, "The zone “Saskatoon” already has CA S7."),
        ({"country": "CA"}, "Enter a province or a postal code prefix, not both."),
        (
            {"country": "CA", "province": "SK", "postcode_prefix": "S7"},
            "Enter a province or a postal code prefix, not both.",
        ),
        ({"country": "DE", "province": "Bayern"}, "Only Canada and the United States have"),
        ({"country": "CA", "province": "Narnia"}, "Enter a Canadian province or territory"),
        ({"country": "CA", "postcode_prefix": "S7%"}, "Enter the first letters or digits"),
    ],
)
def test_overlap_or_unknown_place_is_rejected(
    region: dict[str, str], error: str, staff: Client, zones: None
) -> None:
    before = ShippingZone.objects.count()
    response = staff.post(ADD, form(region))
    assert (response.status_code, error in response.content.decode()) == (200, True)
    assert ShippingZone.objects.count() == before


def test_two_equal_regions_in_one_form_are_rejected(staff: Client, zones: None) -> None:
    region = {"country": "CA", "province": "NU"}
    assert staff.post(ADD, form(region, region)).status_code == 200
    assert not ShippingZone.objects.filter(code="north").exists()


def test_second_rest_of_the_world_is_rejected(staff: Client, zones: None) -> None:
    page = staff.post(ADD, form()).content.decode()
    assert "“World” is the rest of the world already." in page
    assert not ShippingZone.objects.filter(code="north").exists()


def test_country_of_another_zone_is_rejected(staff: Client, zones: None) -> None:
    page = staff.post(ADD, form(countries=["CA"])).content.decode()
    assert "The zone “Canada” already has one of these countries." in page
    assert not ShippingZone.objects.filter(code="north").exists()


def test_shipping_country_without_a_zone_is_a_warning(staff: Client, zones: None) -> None:
    changelist = reverse("admin:shipping_shippingzone_changelist")
    warning = "Shipping countries without a zone: "
    Country.objects.filter(pk="DE").update(is_shipping_country=True)
    assert warning not in staff.get(changelist).content.decode()
    ShippingZone.objects.get(code="alaska").countries.clear()
    assert warning not in staff.get(changelist).content.decode()
    ShippingZone.objects.get(code="world").delete()
    assert warning + "Germany." in staff.get(changelist).content.decode()
