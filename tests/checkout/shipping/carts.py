"""Carts for tests of the engine: items with complete facts, and what the engine answers."""

from datetime import date
from decimal import Decimal
from typing import Any

from catalog.facts import ProductFacts
from checkout.shipping.destination import Destination
from checkout.shipping.engine import Answer, Item, answer
from tests.catalog.product_facts import COMPLETE

DAY = date(2026, 11, 30)


def item(title: str, quantity: int = 1, *, weight: str = "3.6", value: str = "10", **facts: Any):
    known = {**COMPLETE, "origin_id": "CA", **facts}
    return Item(title, title, quantity, Decimal(weight), Decimal(value), ProductFacts(**known))


def ask(*items: Item, to: tuple[str, ...] = ("CA", "SK"), on: date = DAY) -> Answer:
    return answer(items, Destination(*to), on)


def offered(found: Answer) -> list[str]:
    return [each.code for each in found.services]


def refusal(found: Answer, code: str) -> Any:
    return next(each for each in found.refused if each.code == code)
