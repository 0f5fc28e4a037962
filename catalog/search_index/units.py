"""Quantities with units, in text and as attribute values, in the base unit of their dimension."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from catalog.search_index.word_forms import plain
from microflight.core.numbers import join_thousands

#: Dimension: its base unit first, then other units with their factor. Spelled as `plain` returns.
_DIMENSIONS: dict[str, dict[str, str]] = {
    "length": {"mm": "1", "millimeter millimetre millimeters millimetres": "1",
               "cm centimeter centimetre centimeters centimetres": "10",
               "m meter metre meters metres": "1000", "μm um micron microns": "0.001",
               "in inch inches zoll": "25.4", "ft foot feet": "304.8"},
    "mass": {"g": "1", "gr gram grams gramme grammes gramm gramos": "1", "mg": "0.001",
             "kg kilo kilos": "1000", "oz ounce ounces": "28.349523125",
             "lb lbs pound pounds": "453.59237"},
    "voltage": {"v": "1", "volt volts": "1", "mv": "0.001"},
    "capacity": {"mah": "1", "ah": "1000"},
    "current": {"ma": "1", "a amp amps ampere": "1000"},
    "frequency": {"mhz": "1", "ghz": "1000", "khz": "0.001"},
    "resistance": {"ohm": "1", "ω ohms": "1"},
    "time": {"s": "1", "sec second seconds": "1", "min minute minutes": "60"},
    "volume": {"ml": "1", "cc": "1", "l": "1000"},
    "power": {"w": "1", "watt watts": "1", "mw": "0.001"},
    "energy": {"wh": "1", "mwh": "0.001"},
    "rate": {"c": "1"},
    "speed": {"rpm/v": "1", "kv": "1"},
    "torque": {"g·cm": "1", "gcm g-cm": "1"},
    "area": {"dm2": "1", "cm2": "0.01"},
    "angle": {"deg": "1", "degree degrees °": "1"},
    "ratio": {"to 1": "1", ":1": "1"},
    "channels": {"ch": "1", "channel channels kanal kanale voies voie canales canal": "1"},
}  # fmt: skip
_UNITS = {
    unit: (dimension, Decimal(factor))
    for dimension, units in _DIMENSIONS.items()
    for key, factor in units.items()
    for unit in ([key] if key == "to 1" else key.split())
}
#: Attributes without a unit in their name, by name: their dimension and factor.
_NAMED = {
    "channels": ("channels", Decimal(1)),
    "cells in series": ("voltage", Decimal("3.7")),  # nominal voltage of a lithium polymer cell
}
_CELL_V = Decimal("3.7")
_LEAST_TOLERANCE, _MOST_TOLERANCE = Decimal("0.025"), Decimal("0.1")
_LARGEST = Decimal(10**9)
_LONGEST_FIRST = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_SPELLED = rf"(?:{_LONGEST_FIRST})(?![^\W_])"
_NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_GROUPED = re.compile(rf"(?<![\w.,])[1-9][0-9]{{0,2}}(?: [0-9]{{3}})+(?= ?{_SPELLED})")
_LOW = r"under|below|less than|lighter than|smaller than|at most|up to|max(?:imum)?|unter|bis|<=?"
_HIGH = r"over|above|more than|heavier than|larger than|at least|min(?:imum)?|uber|ab|>=?"
_QUANTITY = re.compile(
    rf"(?P<sign>(?<![^\W_])(?:{_LOW}|{_HIGH}|between|from) ?)?"
    rf"(?<![\w.])(?<![^\W\d_]-)(?P<first>{_NUMBER})(?:[ -]?(?P<unit>{_SPELLED}))?"
    rf"(?:(?P<to> ?(?:-|–|—|to|and|bis|\.\.) ?)(?P<second>{_NUMBER}) ?(?P<unit2>{_SPELLED}))?"
)
_CELLS = re.compile(r"(?<![\w.])(?<![^\W\d_]-)([1-6])s(?![^\W_])")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A range of a dimension in its base unit, both ends included; None has no limit."""

    text: str  # as typed
    dimension: str
    low: Decimal | None
    high: Decimal | None
    exact: Decimal | None = None  # the typed value if it is one value


@dataclass(frozen=True, slots=True)
class Found:
    """A quantity and its place in the plain text."""

    quantity: Quantity
    start: int
    end: int


def join_quantities(text: str) -> str:
    """Return plain text in which spaces do not group the digits of quantities: `1 000 mah` is
    `1000 mah`. Other numbers may be two, such as `7 100`."""
    return _GROUPED.sub(lambda found: join_thousands(found[0]), text)


def find_quantities(text: str) -> list[Found]:
    """Return the quantities in a text that `plain` returned."""
    found = [one for match in _QUANTITY.finditer(text) if (one := _read(match))]
    for match in _CELLS.finditer(text):
        value = _CELL_V * int(match[1])
        cells = Quantity(match[0], "voltage", *_around(value, Decimal(0)), value)
        found = [one for one in found if not one.start <= match.start() < one.end]
        found.append(Found(cells, *match.span()))
    return sorted(found, key=lambda one: one.start)


def values_in(text: str) -> list[tuple[str, Decimal]]:
    """Return dimension and value of the single quantities in a title or an option."""
    found = find_quantities(plain(text))
    return [(one.quantity.dimension, one.quantity.exact) for one in found if one.quantity.exact]


def base_value(value: object, unit: str, name: str = "") -> tuple[str, Decimal] | None:
    """Return dimension and value of an attribute in the base unit, None if it has no unit."""
    known = _UNITS.get(plain(unit).strip()) or _NAMED.get(name.lower())
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if known is None or isinstance(value, bool) or not abs(number) < _LARGEST:
        return None
    return known[0], number * known[1]


def is_unit(word: str) -> bool:
    """Tell whether a word is a unit."""
    return word in _UNITS


def _read(match: re.Match[str]) -> Found | None:
    unit = match["unit2"] or match["unit"]
    if unit is None:
        return None
    dimension, factor = _UNITS[match["unit"] or unit]
    first = Decimal(match["first"]) * factor
    start = match.start() if match["sign"] else match.start("first")
    sign = (match["sign"] or "").strip()
    limits: tuple[Decimal | None, Decimal | None, Decimal | None]
    if match["second"]:
        second = Decimal(match["second"]) * _UNITS[unit][1]
        limits = min(first, second), max(first, second), None
    elif re.fullmatch(_LOW, sign):
        limits = None, first, None
    elif re.fullmatch(_HIGH, sign):
        limits = first, None, None
    else:
        start = match.start("first")
        digits = len(match["first"].partition(".")[2])
        limits = *_around(first, Decimal(5) / 10 ** (digits + 1) * factor), first
    if any(limit is not None and limit > _LARGEST for limit in limits):
        return None
    text = match.string[start : match.end()].strip()
    return Found(Quantity(text, dimension, *limits), start, match.end())


def _around(value: Decimal, half_digit: Decimal) -> tuple[Decimal, Decimal]:
    """Return the values that people mean by a number: half a unit of its last digit, within
    2.5 % and 10 %."""
    off = min(max(half_digit, value * _LEAST_TOLERANCE), value * _MOST_TOLERANCE)
    return value - off, value + off
