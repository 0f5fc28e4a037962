"""Amounts, weights and attribute values as shoppers read them."""

import re
from decimal import Decimal

_UNIT = re.compile(r"^(?P<name>.+?) \((?P<unit>[^()]+)\)$")
NO_BREAK = "\N{NO-BREAK SPACE}"


def cad(amount: Decimal) -> str:
    """Return an amount of Canadian dollars, e.g. `$1,149.00`."""
    return f"${amount:,.2f}"


def plain(number: Decimal | float) -> str:
    """Return a number without zeros that say nothing: 3.60 as `3.6`, 410.00 as `410`."""
    text = f"{number:f}" if isinstance(number, Decimal) else repr(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def weight_parts(weight: Decimal) -> tuple[str, str]:
    """Return number and unit of a weight in grams; from one kilogram up in kilograms."""
    return (plain(weight / 1000), "kg") if weight >= 1000 else (plain(weight), "g")


def grams(weight: Decimal) -> str:
    """Return a weight in grams with its unit, e.g. `3.6 g`."""
    return NO_BREAK.join(weight_parts(weight))


def name_and_unit(name: str) -> tuple[str, str]:
    """Split an attribute's name: `Wingspan (mm)` gives `Wingspan` and `mm`."""
    found = _UNIT.match(name)
    return (found["name"], found["unit"]) if found else (name, "")


def with_unit(value: object, unit: str) -> str:
    """Return a value of an attribute in words, its unit after it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = plain(value) if isinstance(value, float | Decimal) else str(value)
    if isinstance(value, int) and value >= 10_000:
        text = f"{value:,}"
    return f"{text}{NO_BREAK}{unit}" if unit else text
