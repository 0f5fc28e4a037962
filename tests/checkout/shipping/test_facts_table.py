"""Carts, destinations and days with the services that the facts allow, worked out by hand.

Facts (shared rules of 2026-11-29): Canada Post carries lithium batteries within Canada and to the
US only, loose ones to the US by surface; EU countries require HS-6 and a safety contact, the US 10
digits; 902-928 MHz is for the Americas, 863-870 and 433 MHz for elsewhere; packets and letters have
maximum weights (letter 500 g, US packet 1 kg, international packet 2 kg), parcels 30 kg.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from checkout.shipping.models import ShippingRule
from tests.checkout.shipping.carts import ask, item, offered
from tests.sourced import SOURCED

CA = "ca-letter ca-parcel ca-express ca-regular ca-priority"
CA_SURFACE = "ca-letter ca-parcel ca-regular"
CA_PARCELS = "ca-parcel ca-express ca-regular ca-priority"
US = "us-packet us-parcel us-express us-tracked"
US_PARCELS = "us-parcel us-express"
WORLD = (
    "world-packet world-parcel world-surface world-tracked world-express world-priority"
)  # fmt: skip
WORLD_PARCELS = "world-parcel world-surface world-express world-priority"
NONE = ""

_BATTERY = {"battery_count": 1, "battery_cells": 1, "battery_wh": Decimal("0.185")}
CARTS: dict[str, list[Any]] = {
    "rod": [item("Rod")],
    "cell": [item("Cell", **_BATTERY, battery="loose")],
    "plane": [item("Plane", **_BATTERY, battery="in-equipment", radio="2400")],
    "set": [item("Set", **_BATTERY, battery="with-equipment")],
    "cell and rod": [item("Cell", **_BATTERY, battery="loose"), item("Rod")],
    "big cell": [item("Cell", battery="loose", battery_count=1, battery_cells=1,
                      battery_wh=Decimal("20.5"))],
    "radio 915": [item("Radio", radio="902-928")],
    "radio 868": [item("Radio", radio="863-870")],
    "radio 2.4": [item("Radio", radio="2400")],
    "no hs6": [item("Rod", hs6="")],
    "no hs10": [item("Rod", hs10="")],
    "no origin": [item("Rod", origin_id=None)],
    "no contact": [item("Rod", safety_contact="")],
    "no battery type": [item("Rod", battery="")],
    "700 g": [item("Tool", weight="600")],
    "1.5 kg": [item("Tool", weight="1300")],
    "3 kg": [item("Tool", weight="2900")],
}  # fmt: skip
PLACES: dict[str, tuple[str, ...]] = {
    "SK": ("CA", "SK"), "ON": ("CA", "ON"), "QC": ("CA", "QC"), "US": ("US", "NY"),
    "DE": ("DE",), "JP": ("JP",), "BR": ("BR",), "KP": ("KP",), "AQ": ("AQ",),
    "NI": ("GB", "", "BT1 5GS"), "GB": ("GB", "", "B1 1AA"),
}  # fmt: skip
#: cart: services by destination
EXPECTED: dict[str, dict[str, str]] = {
    "rod": {"SK": CA, "ON": CA, "QC": NONE, "US": US, "DE": WORLD, "JP": WORLD, "BR": WORLD,
            "KP": NONE, "AQ": NONE, "NI": WORLD, "GB": WORLD},
    "cell": {"SK": CA_SURFACE, "ON": CA_SURFACE, "QC": NONE, "US": "us-parcel", "DE": NONE,
             "JP": NONE, "BR": NONE, "KP": NONE, "NI": NONE, "GB": NONE},
    "plane": {"SK": CA, "QC": NONE, "US": US, "DE": NONE, "JP": NONE, "GB": NONE},
    "set": {"SK": CA, "US": US, "DE": NONE, "JP": NONE, "BR": NONE},
    "cell and rod": {"SK": CA_SURFACE, "US": "us-parcel", "DE": NONE, "JP": NONE},
    "big cell": {"SK": NONE, "ON": NONE, "US": NONE, "DE": NONE},
    "radio 915": {"SK": CA, "US": US, "BR": WORLD, "DE": NONE, "JP": NONE, "GB": NONE},
    "radio 868": {"SK": NONE, "US": NONE, "BR": NONE, "DE": WORLD, "GB": WORLD},
    "radio 2.4": {"SK": CA, "US": US, "DE": WORLD, "JP": WORLD, "BR": WORLD},
    "no hs6": {"SK": CA, "US": US, "DE": NONE, "JP": WORLD, "GB": WORLD},
    "no hs10": {"SK": CA, "US": NONE, "DE": WORLD, "JP": WORLD},
    "no origin": {"SK": CA, "US": NONE, "DE": NONE, "JP": NONE},
    "no contact": {"SK": CA, "US": US, "DE": NONE, "NI": NONE, "GB": WORLD, "JP": WORLD},
    "no battery type": {"SK": NONE, "US": NONE, "DE": NONE, "JP": NONE},
    "700 g": {"SK": CA_PARCELS, "US": US, "DE": WORLD},
    "1.5 kg": {"SK": CA_PARCELS, "US": US_PARCELS, "DE": WORLD},
    "3 kg": {"SK": CA_PARCELS, "US": US_PARCELS, "DE": WORLD_PARCELS},
}  # fmt: skip
CASES = [(cart, to, codes) for cart, row in EXPECTED.items() for to, codes in row.items()]


def test_table_has_at_least_80_cases():
    assert len(CASES) + len(DAYS) >= 80


@pytest.mark.promise("battery-rules")
@pytest.mark.parametrize(("cart", "to", "codes"), CASES)
def test_services_are_those_that_the_facts_allow(cart: str, to: str, codes: str, shop: None):
    assert offered(ask(*CARTS[cart], to=PLACES[to])) == codes.split()


#: A carrier that is suspended from 1 to 10 December: for all methods, or for packets to the US.
DAYS = [
    ("", "SK", date(2026, 11, 30), CA), ("", "SK", date(2026, 12, 1), NONE),
    ("", "SK", date(2026, 12, 10), NONE), ("", "SK", date(2026, 12, 11), CA),
    ("", "DE", date(2026, 12, 5), NONE), ("", "DE", date(2026, 12, 11), WORLD),
    ("us-packet us-tracked", "US", date(2026, 12, 5), US_PARCELS),
    ("us-packet us-tracked", "US", date(2026, 12, 11), US),
]  # fmt: skip


@pytest.mark.parametrize(("methods", "to", "day", "codes"), DAYS)
def test_suspension_ends_after_its_last_day(
    methods: str, to: str, day: date, codes: str, shop: None
):
    ShippingRule.objects.create(
        code="strike", type="suspended", reason="Strike", methods=methods,
        starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 10), **SOURCED,
    )  # fmt: skip
    assert offered(ask(*CARTS["rod"], to=PLACES[to], on=day)) == codes.split()
