"""Rows that contradict each other are rejected, or named, where staff enter them."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from catalog.seed.countries import load_countries
from checkout.deadlines.models import DelayRule
from checkout.shipping.destination import Destination
from checkout.shipping.landed_cost import ImportCharge
from checkout.shipping.models import FuelSurcharge, MethodZone, ShippingMethod, ShippingZone
from checkout.shipping.places import is_in, validate_places
from checkout.withdrawal.models import WithdrawalRule
from tests.admin_forms import open_form
from tests.sourced import SOURCED


@pytest.fixture(autouse=True)
def _countries(db: None) -> None:
    load_countries()


def add(staff: Client, name: str, /, **data: Any) -> str:
    url = reverse(f"admin:{name}_add")
    return staff.post(url, {**open_form(staff, url), **data}, follow=True).content.decode()


@pytest.mark.parametrize(
    "places", ["UK", "XX", "CA-XX", "US-ZZ", "CA-NY", "DE-BY", "DE EU", "FR-75", "USA", "de"]
)
def test_place_that_does_not_exist_is_rejected(places: str) -> None:
    with pytest.raises(ValidationError, match="is no place"):
        validate_places(places)


@pytest.mark.parametrize("places", ["", "GB", "CA-QC US-NY", "GB:BT CA:S7H", "PR", "US-PR"])
def test_place_that_exists_is_accepted(places: str) -> None:
    validate_places(places)


@pytest.mark.parametrize("place", ["PR", "US-PR", "US"])
def test_us_territory_is_a_part_of_the_us(place: str) -> None:
    assert is_in(Destination("US", "PR", "00901"), place)
    assert not is_in(Destination("US", "NY", "10001"), "PR")


@pytest.mark.parametrize(
    ("model", "name", "fields"),
    [
        (DelayRule, "deadlines_delayrule", {"ship_within_days": 30, "refund_days": 15}),
        (WithdrawalRule, "withdrawal_withdrawalrule", {"days": 14, "late_days": 30}),
    ],
)
def test_country_of_two_rules_is_rejected(
    model: Any, name: str, fields: dict[str, int], staff: Client
) -> None:
    model.objects.create(name="First", **fields, **SOURCED).countries.set(["US", "FR"])
    page = add(staff, name, name="Second", countries=["FR", "DE"], **fields, **SOURCED)
    assert "“First” already has France." in page
    assert model.objects.count() == 1
    add(staff, name, name="Second", countries=["DE"], **fields, **SOURCED)
    assert model.objects.count() == 2


VAT = {"name": "VAT", "type": "tax-percent", "low": "17", "high": "27", "currency": "EUR"}


@pytest.mark.parametrize(
    ("changes", "is_double"),
    [
        ({}, True),
        ({"name": "vat", "places": "NL FR"}, True),
        ({"places": "NL"}, False),
        ({"name": "Fee"}, False),
        ({"starts_on": "2027-01-01"}, True),
        ({"starts_on": "2020-01-01", "ends_on": "2025-12-31"}, False),
        ({"above_value": "150"}, False),
        ({"above_value": "149"}, True),
    ],
)
def test_import_charge_that_is_charged_twice_is_rejected(
    changes: dict[str, str], is_double: bool, staff: Client
) -> None:
    dates = {"starts_on": date(2026, 1, 1), "up_to_value": 150, "cad_rate": "1.62"}
    ImportCharge.objects.create(**VAT, **dates, places="DE FR", **SOURCED)
    data = {**VAT, "places": "DE", "starts_on": "2026-06-01", "cad_rate": "1.62", **changes}
    page = add(staff, "shipping_importcharge", **data, **SOURCED)
    text = "“VAT DE FR” is charged on some of these goods and days already."
    assert (text in page) is is_double
    assert ImportCharge.objects.count() == (1 if is_double else 2)


@pytest.mark.parametrize("currency", ["EUX", "€", "EU", "EURO"])
def test_unknown_currency_is_rejected(currency: str, staff: Client) -> None:
    data = {**VAT, "places": "DE", "starts_on": "2026-06-01", "currency": currency}
    page = add(staff, "shipping_importcharge", **data, **SOURCED)
    assert "Enter a currency code such as EUR." in page or "at most 3 characters" in page
    assert not ImportCharge.objects.exists()


def test_second_pickup_method_is_rejected(staff: Client) -> None:
    ShippingMethod.objects.create(code="pickup", name="Pickup", pickup=True)
    page = add(staff, "shipping_shippingmethod", code="second", name="Counter", pickup="on")
    assert "“Pickup” is the pickup method already." in page
    assert ShippingMethod.objects.count() == 1
    ShippingMethod.objects.update(active=False)
    add(staff, "shipping_shippingmethod", code="second", name="Counter", pickup="on")
    assert ShippingMethod.objects.count() == 2


def test_method_without_rates_or_surcharge_is_a_warning_where_it_is_saved(staff: Client) -> None:
    method = ShippingMethod.objects.create(code="parcel", name="Parcel", surcharge="us")
    zone = ShippingZone.objects.create(code="us", name="United States")
    to = MethodZone.objects.create(method=method, zone=zone, min_days=1, max_days=2)
    url = reverse("admin:shipping_shippingmethod_change", args=[method.pk])
    page = staff.post(url, open_form(staff, url), follow=True).content.decode()
    no_rates = "Parcel to United States has no rates today, so shoppers do not see it."
    no_surcharge = "Parcel has no fuel surcharge today: none is entered for “United States”."
    assert no_rates in page
    assert no_surcharge in page
    to.rates.create(effective_from=date(2020, 1, 1), up_to_g=30_000, price=5)
    FuelSurcharge.objects.create(
        surcharge="us", percentage=5, starts_on=date(2020, 1, 1), **SOURCED
    )
    page = staff.post(url, open_form(staff, url), follow=True).content.decode()
    assert no_rates not in page
    assert no_surcharge not in page
