"""Prices: rate cards by date, volumetric weight, fuel surcharge, handling fee and threshold."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from checkout.shipping import rates
from checkout.shipping.destination import Destination
from checkout.shipping.models import (
    FuelSurcharge,
    MethodZone,
    ShippingMethod,
    ShippingRate,
    ShippingZone,
)
from checkout.shipping.packing import Item, Limits, Parcel
from tests.sourced import SOURCED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]
TODAY = date(2026, 11, 30)
SASKATOON = Destination("CA", "SK", "S7K 1A1")


def tariff(code: str, on: date = TODAY, to: Destination = SASKATOON) -> rates.Tariff:
    return next(
        each for each in rates.tariffs(to, on, rates.surcharges(on)) if each.method.code == code
    )


def parcel(grams: int, carton: str = "Bubble mailer") -> Parcel:
    box = next(each for each in rates.cartons() if each.name == carton)
    return Parcel(box, grams, (), 0)


def price(code: str, *parcels: Parcel, subtotal: str = "10", on: date = TODAY) -> Decimal | None:
    found = rates.tariffs(SASKATOON, on, rates.surcharges(on))
    prices = {each.method.code: each.price(parcels, Decimal(subtotal)) for each in found}
    return prices.get(code)


@pytest.mark.parametrize(
    ("grams", "charge"),
    [(1, "11.50"), (500, "11.50"), (501, "13.90"), (30_000, "58.00"), (30_001, None)],
)
def test_rate_up_to_the_weight_is_charged(grams: int, charge: str | None) -> None:
    assert price("ca-parcel", parcel(grams)) == (charge and Decimal(charge))


def test_each_parcel_is_charged() -> None:
    assert price("ca-parcel", parcel(500), parcel(501)) == Decimal("25.40")
    assert price("ca-parcel", parcel(500), parcel(30_001)) is None


# Mutation: with the actual weight alone, both were 11.50.
@pytest.mark.parametrize(
    ("code", "charge"),
    [
        ("ca-parcel", "22.80"),  # 306 x 226 x 156 mm / 5000 = 2,158 g
        ("ca-regular", "15.30"),  # / 6000 = 1,799 g
        ("ca-letter", "7.20"),  # letters have no volumetric weight
    ],
)
def test_greater_of_actual_and_volumetric_weight_is_charged(code: str, charge: str) -> None:
    assert price(code, parcel(300, "Medium box")) == Decimal(charge)


def test_method_of_another_zone_has_no_price() -> None:
    assert price("us-parcel", parcel(100)) is None


# --- Dates ---------------------------------------------------------------------------------------


def new_card(code: str, day: date, prices: dict[int, str]) -> None:
    to = MethodZone.objects.get(method__code=code)
    for grams, amount in prices.items():
        ShippingRate.objects.create(
            method_zone=to, effective_from=day, up_to_g=grams, price=Decimal(amount)
        )


# Mutation: without `newer`, the price up to 500 g stayed in force.
def test_newest_card_in_force_replaces_the_one_before() -> None:
    new_card("ca-letter", date(2027, 1, 1), {300: "5.10"})
    eve, new_year = date(2026, 12, 31), date(2027, 1, 1)
    assert price("ca-letter", parcel(200), on=eve) == Decimal("4.80")
    assert price("ca-letter", parcel(200), on=new_year) == Decimal("5.10")
    assert price("ca-letter", parcel(301), on=new_year) is None
    assert price("ca-parcel", parcel(301), on=new_year) == Decimal("11.50")
    assert price("ca-letter", parcel(200), on=date(2019, 12, 31)) is None


@pytest.mark.promise("never-free-by-mistake")
def test_method_without_rates_has_no_tariff() -> None:
    ShippingRate.objects.filter(method_zone__method__code="ca-letter").delete()
    assert "ca-letter" not in {
        each.method.code for each in rates.tariffs(SASKATOON, TODAY, rates.surcharges(TODAY))
    }


@pytest.mark.promise("never-free-by-mistake")
@pytest.mark.parametrize("fields", [{"price": 0}, {"price": 1, "free": True}])
def test_zero_price_needs_the_free_switch(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ShippingRate.objects.filter(up_to_g=500).update(**fields)


# --- Surcharge, fee, threshold -------------------------------------------------------------------


def add_surcharge(day: date, percentage: str, name: str = "domestic") -> None:
    FuelSurcharge.objects.create(
        surcharge=name, starts_on=day, percentage=Decimal(percentage), **SOURCED
    )


def test_fuel_surcharge_of_the_day_is_added_and_rounded_once() -> None:
    add_surcharge(date(2026, 11, 23), "20")
    add_surcharge(date(2026, 11, 30), "39.5")
    add_surcharge(date(2026, 12, 7), "50")
    add_surcharge(date(2026, 11, 30), "90", "us")
    assert price("ca-parcel", parcel(500)) == Decimal("16.04")  # 11.50 x 1.395 = 16.0425
    assert price("ca-parcel", parcel(500), on=date(2026, 11, 29)) == Decimal("13.80")
    assert price("ca-parcel", parcel(500), on=date(2026, 12, 7)) == Decimal("17.25")


def test_handling_fee_is_added_to_each_parcel_without_surcharge() -> None:
    add_surcharge(TODAY, "10")
    ShippingMethod.objects.filter(code="ca-parcel").update(handling_fee="1.25")
    assert price("ca-parcel", parcel(500)) == Decimal("13.90")  # 11.50 + 1.15 + 1.25
    assert price("ca-parcel", parcel(500), parcel(500)) == Decimal("27.80")


@pytest.mark.parametrize(("subtotal", "charge"), [("149.99", "11.50"), ("150.00", "0.00")])
def test_shipping_is_free_from_the_threshold_of_the_zone(subtotal: str, charge: str) -> None:
    ShippingZone.objects.filter(code="canada").update(free_from="150.00")
    ShippingMethod.objects.filter(code="ca-parcel").update(free_over_threshold=True)
    assert price("ca-parcel", parcel(500), subtotal=subtotal) == Decimal(charge)
    assert price("ca-express", parcel(500), subtotal=subtotal) == Decimal("19.50")
    assert price("ca-parcel", parcel(30_001), subtotal=subtotal) is None


def test_rate_that_is_free_on_purpose_stays_free() -> None:
    add_surcharge(TODAY, "10")
    letter = ShippingRate.objects.filter(method_zone__method__code="ca-letter", up_to_g=200)
    letter.update(price=0, free=True)
    ShippingMethod.objects.filter(code="ca-letter").update(handling_fee="1")
    assert price("ca-letter", parcel(200)) == 0


# --- Packing with a tariff -----------------------------------------------------------------------


def test_maximum_weight_of_the_method_limits_its_parcels() -> None:
    ShippingMethod.objects.filter(code="ca-parcel").update(max_weight_g=1000)
    parcels = tariff("ca-parcel").pack([Item("a", Decimal(900), 2)], rates.cartons()) or []
    assert [each.weight_g for each in parcels] == [970, 970]
    limits = Limits(weight_g=900)
    assert tariff("ca-parcel").pack([Item("a", Decimal(900))], rates.cartons(), limits) is None


def test_method_that_needs_too_many_parcels_takes_nothing() -> None:
    heavy = [Item("a", Decimal(20_000), 6)]
    assert tariff("ca-parcel").pack(heavy, rates.cartons()) is None
    assert len(tariff("ca-parcel").pack(heavy[:1], rates.cartons()[:4]) or []) == 0
    ShippingMethod.objects.filter(code="ca-parcel").update(max_parcels=6)
    assert len(tariff("ca-parcel").pack(heavy, rates.cartons()) or []) == 6


def test_all_tariffs_take_two_queries(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        assert len(rates.tariffs(SASKATOON, TODAY, rates.surcharges(TODAY))) == 5
    with django_assert_num_queries(1):
        assert len(rates.cartons()) == 5
