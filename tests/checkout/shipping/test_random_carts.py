"""2,000 random carts and destinations: no service is offered that a rule refuses."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog.facts import ProductFacts
from checkout.shipping.destination import Destination
from checkout.shipping.engine import Answer, Item, answer
from checkout.shipping.models import Carton, ShippingRule
from tests.checkout.shipping.slow_checker import refusing
from tests.sourced import SOURCED

CARTS = 2_000
DAY = date(2026, 11, 30)
PLACES = [
    ("CA", "SK", "S7K 1A1"), ("CA", "QC", "H2X 1Y4"), ("US", "NY", "10001"), ("US", "", ""),
    ("DE", "", "10115"), ("FR", "", ""), ("GB", "", "BT1 5GS"), ("GB", "", "B1 1AA"),
    ("JP", "", ""), ("AU", "NSW", "2000"), ("BR", "", ""), ("NO", "", ""), ("KP", "", ""),
    ("AQ", "", ""), ("MX", "", ""),
]  # fmt: skip
FACTS: dict[str, list[Any]] = {
    "battery": ["none"] * 12 + ["loose", "loose", "loose", "in-equipment", "with-equipment", ""],
    "battery_count": [1, 1, 1, 1, 2, 3, None],
    "battery_cells": [1, 1, 1, 2, 3, None],
    "battery_wh": [Decimal("0.185"), Decimal("0.814"), Decimal(45), Decimal(101), None],
    "radio": ["none"] * 20 + ["2400", "2400", "902-928", "863-870", "433", ""],
    "hs6": ["950300"] * 30 + [""],
    "hs10": ["9503000090"] * 30 + [""],
    "origin_id": ["CA"] * 30 + [None],
    "customs_description": ["Part"] * 30 + [""],
    "manufacturer": ["MicroFlight"] * 30 + [""],
    "safety_contact": ["EU Contact"] * 30 + [""],
}


def _random_rule(chance: random.Random, number: int) -> ShippingRule:
    kind = chance.choice(
        ["suspended", "battery", "radio", "cells", "value", "cell-wh", "facts", "size"]
    )
    limits: dict[str, Any] = {
        "suspended": {"starts_on": DAY + timedelta(chance.randint(-9, 9))},
        "battery": {"accepted": chance.choice(["", "loose", "in-equipment with-equipment"])},
        "radio": {"accepted": chance.choice(["2400", "2400 433", ""])},
        "cells": {"maximum": chance.randint(1, 6), "max_batteries": chance.randint(1, 3)},
        "value": {"maximum": chance.choice([40, 100])},
        "cell-wh": {"maximum": chance.choice([1, 20])},
        "facts": {"accepted": chance.choice(["hs6", "origin customs_description"])},
        "size": {"length_mm": chance.choice([250, 400]), "width_mm": 300, "height_mm": 100},
    }[kind]
    places = " ".join({"-".join(filter(None, place[:2])) for place in chance.sample(PLACES[:8], 2)})
    return ShippingRule(
        code=f"random-{number}", type=kind, reason="Random.", places=places,
        except_places=chance.random() < 0.15,
        methods=chance.choice(["", "ca-parcel us-parcel", "world-parcel world-surface"]),
        ends_on=chance.choice([None, DAY + timedelta(20)]), **SOURCED, **limits,
    )  # fmt: skip


def _random_item(chance: random.Random, number: int) -> Item:
    facts = {name: chance.choice(values) for name, values in FACTS.items()}
    return Item(
        f"line-{number}", f"Product {number}", chance.choice([1, 1, 2, 5, 9]),
        Decimal(chance.randint(1, 400)) / 4, Decimal(chance.randint(1, 30)), ProductFacts(**facts),
    )  # fmt: skip


def _line(item: Item, quantity: int, carton: Carton | None = None) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(item.facts, name) for name in FACTS}
    facts["carton_mm"] = carton and (carton.length_mm, carton.width_mm, carton.height_mm)
    return {"quantity": quantity, "value": item.value, "origin": item.facts.origin_id, **facts}


def _check(found: Answer, items: list[Item], rules: list[Any], to: Any, on: date) -> None:
    """Verify an answer: each offered service with its parcels, and each named rule."""
    by_reference = {item.reference: item for item in items}
    for service in found.services:
        parcels = [
            [
                _line(by_reference[reference], quantity, parcel.carton)
                for reference, quantity in parcel.contents
            ]
            for parcel in service.parcels
        ]
        assert refusing(rules, service.code, to, on, parcels) == []
        packed = sum(quantity for each in service.parcels for _, quantity in each.contents)
        assert packed == sum(item.quantity for item in items)
    whole = [[_line(item, item.quantity) for item in items]]
    for refused in found.refused:
        named = {cause.rule.code for cause in refused.causes if cause.rule}
        assert named <= set(refusing(rules, refused.code, to, on, whole))


# Mutations: with 60 Wh more in ShippingRule._energy, with the limits left out of
# Question._pack, and with `except_places` ignored, this test failed.
@pytest.mark.parametrize("seed", range(10))
def test_no_service_is_offered_that_a_rule_refuses(seed: int, shop: None):
    chance = random.Random(seed)
    ShippingRule.objects.bulk_create(_random_rule(chance, number) for number in range(6))
    rules = list(ShippingRule.objects.values())
    offered = 0
    for _ in range(CARTS // 10):
        items = [_random_item(chance, number) for number in range(chance.randint(1, 4))]
        to, on = chance.choice(PLACES), DAY + timedelta(chance.randint(-15, 30))
        found = answer(items, Destination(*to), on)
        _check(found, items, rules, to, on)
        offered += len(found.services)
        if found.closest:  # can really ship
            part = answer(found.closest, Destination(*to), on)
            assert part.services
            _check(part, list(found.closest), rules, to, on)
    assert offered > 30  # not everything is refused
