"""Ports of the demo's products, and what two ports say about each other."""

from decimal import Decimal
from typing import Any

import pytest

from catalog import read_model
from catalog.compatibility.matching import Verdict, compare
from catalog.compatibility.models import Port
from catalog.models import Product, ProductAttributeValue

pytestmark = pytest.mark.django_db


def port(sku: str, interface: str, direction: str) -> Port:
    return Port.objects.get(product__upc=sku, interface=interface, direction=direction)


def joined(provider: str, interface: str, consumer: str) -> Verdict:
    return compare(port(provider, interface, "provides"), port(consumer, interface, "needs"))


def outcome(verdict: Verdict) -> tuple[Any, ...]:
    damaged = verdict.damaged
    return verdict.fits, verdict.reason, damaged.product.upc if damaged else None


def test_variant_inherits_the_attributes_of_its_product():
    found = port("MF-BT-020-MAG", "battery", "provides")
    assert (found.connector, found.max_voltage, found.current, found.mass_g) == (
        "Magnetic", Decimal("3.7"), Decimal("0.24"), Decimal("0.99"),
    )  # fmt: skip
    found = port("MF-BT-020-MAG", "charging", "needs")
    assert (found.min_voltage, found.max_voltage, found.max_current) == (
        Decimal("2.96"), Decimal("4.44"), Decimal("0.04"),
    )  # fmt: skip
    assert not Port.objects.filter(product__structure=Product.PARENT).exists()


def test_without_a_required_value_there_is_no_port():
    plug = Port.objects.filter(product__upc="MF-BT-PLUG")  # a "charger" without charge current
    assert not plug.exists()
    assert not Port.objects.filter(product__upc="MF-MT-MOUNT").exists()


@pytest.mark.parametrize(
    ("provider", "interface", "consumer", "expected"),
    [
        # cell -> receiver -> actuator, motor -> gearbox -> propeller; charger -> cell
        ("MF-BT-050-MAG", "battery", "MF-RX-4CH-MAG", (True, "", None)),
        ("MF-RX-4CH-MAG", "actuator", "MF-AC-STD-100", (True, "", None)),
        ("MF-RX-4CH-MAG", "motor", "MF-MT-6X12-4", (True, "", None)),
        ("MF-MT-6X12-4", "mount", "MF-GB-5", (True, "", None)),
        ("MF-GB-5", "shaft", "MF-PR-76", (True, "", None)),
        ("MF-CH-USB1-MAG", "charging", "MF-BT-020-MAG", (True, "", None)),
        ("MF-TX-2400-4-M2", "radio", "MF-RX-4CH-MAG", (True, "", None)),
        ("MF-CH-2S", "charging", "MF-BT-2S150", (True, "", None)),
        ("MF-MT-BLESC", "motor", "MF-MT-BL3", (True, "", None)),
        # damage
        ("MF-BT-2S150", "battery", "MF-RX-2CH", (False, "7.4 V is more than 4.44 V", "MF-RX-2CH")),
        (
            "MF-CH-USB4", "charging", "MF-BT-020-MAG",
            (False, "0.15 A is more than 0.04 A", "MF-BT-020-MAG"),
        ),
        (
            "MF-RX-2CH", "motor", "MF-MT-7X16-CW",
            (False, "1.95 A is more than 0.8 A", "MF-RX-2CH"),
        ),
        (
            "MF-RX-2CH", "actuator", "MF-AC-STD-50",
            (False, "0.074 A is more than 0.05 A", "MF-RX-2CH"),
        ),
        # no damage, but it does not work
        ("MF-BT-050-JST", "battery", "MF-RX-4CH-MAG", (False, "no matching connector", None)),
        ("MF-BT-2S150", "battery", "MF-RX-4CH-MAG", (False, "no matching connector", None)),
        ("MF-TX-900-3", "radio", "MF-RX-4CH-MAG", (False, "", None)),
        ("MF-TX-2400-4-M2", "radio", "MF-RX-6CH", (False, "needs 6 channels, has 4", None)),
        ("MF-RX-6CH", "servo", "MF-SV-ROT37", (False, "needs 3.84 V, gets 3.7 V", None)),
        ("MF-BT-120-MAG", "battery", "MF-AP-MAYFLY", (False, "4.27 g is more than 1.1 g", None)),
        ("MF-MT-6X12-4", "shaft", "MF-PR-76", (False, "", None)),
        ("MF-RX-ESC", "motor", "MF-MT-BL3", (False, "", None)),
    ],
)  # fmt: skip
def test_two_parts_of_the_demo(provider, interface, consumer, expected):
    assert outcome(joined(provider, interface, consumer)) == expected


def test_reversed_polarity_damages_the_part_that_gets_power():
    receiver = port("MF-RX-4CH-JST", "battery", "needs")
    cell = port("MF-BT-050-JST", "battery", "provides")
    assert compare(receiver, cell).fits
    cell.polarity = "Red on pin 2"
    verdict = compare(cell, receiver)
    assert (verdict.damaged, verdict.reason) == (receiver, "the polarity is reversed")


def test_other_pitch_does_not_connect():
    receiver = port("MF-RX-4CH-JST", "battery", "needs")
    cell = port("MF-BT-050-JST", "battery", "provides")
    cell.pitch_mm = Decimal("2.0")
    assert compare(cell, receiver) == Verdict(False, "no matching connector", None, True)


def test_two_of_a_kind_do_not_fit():
    cell = port("MF-BT-050-JST", "battery", "provides")
    assert not compare(cell, port("MF-BT-050-MAG", "battery", "provides")).fits


def test_refresh_changes_ports_with_their_attribute_and_nothing_else(django_assert_num_queries):
    receiver = Product.objects.get(upc="MF-RX-2CH")
    others = dict(Port.objects.exclude(product=receiver).values_list("pk", "max_voltage"))
    ProductAttributeValue.objects.filter(product=receiver, attribute__code="voltage_v").update(
        value_float=7.4
    )
    read_model.refresh([receiver])
    assert port("MF-RX-2CH", "battery", "needs").max_voltage == Decimal("8.88")
    assert joined("MF-BT-2S150", "battery", "MF-RX-2CH").fits
    assert dict(Port.objects.exclude(product=receiver).values_list("pk", "max_voltage")) == others
    before = set(Port.objects.filter(product=receiver).values_list("pk", flat=True))
    read_model.refresh([receiver])  # nothing changed: the rows stay
    assert set(Port.objects.filter(product=receiver).values_list("pk", flat=True)) == before


def test_number_that_no_column_holds_makes_no_error():
    receiver = Product.objects.get(upc="MF-RX-2CH")
    ProductAttributeValue.objects.filter(product=receiver, attribute__code="voltage_v").update(
        value_float=1e9
    )
    read_model.refresh([receiver])
    assert port("MF-RX-2CH", "battery", "needs").max_voltage is None
