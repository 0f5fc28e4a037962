"""Numbers in lists: columns of the index with units, ranges that people type, histograms."""

import math
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.attribute_values import name_and_unit
from catalog.list_query import Range
from catalog.listing_index import Index
from catalog.search_index.units import base_value, find_quantities, join_quantities
from catalog.search_index.word_forms import plain
from microflight.core.money import format_money
from microflight.core.numbers import plain_number
from microflight.core.text import one_line
from microflight.core.units import format_number

BARS = 12  # of a histogram
_LARGEST = 10**12
#: Numbers that every list has, in this order, with their label and unit.
COMMON = (
    ("price", _("Price"), "$"),
    ("n.weight", _("Weight"), "g"),
    ("n.voltage_v", _("Voltage"), "V"),
    ("n.capacity_mah", _("Capacity"), "mAh"),
)


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers as shoppers read it: its base unit is `factor` of theirs."""

    column: str
    label: str
    unit: str
    factor: float = 1.0
    dimension: str = ""

    def format(self, value: float) -> str:
        """Return a number with its unit."""
        if self.unit == "$":
            return format_money(Decimal(str(value)))
        text = format_number(float(f"{value / self.factor:.6g}"))
        return f"{text}\N{NO-BREAK SPACE}{self.unit}" if self.unit else text

    def read(self, text: str) -> float | None:
        """Return a typed number in the base unit. Raises ValidationError with a message."""
        text = (
            text.strip().removeprefix("$").removesuffix("$").strip() if self.unit == "$" else text
        )
        if not text.strip():
            return None
        number = plain_number(text)
        try:
            value = float(number) * self.factor if number[-1:] in "0123456789." else None
        except ValueError:
            value = None
        if value is None:
            value = self._quantity(text)
        if value is None or not abs(value) < _LARGEST:
            raise ValidationError(self._error())
        return round(value, 6)

    def _quantity(self, text: str) -> float | None:
        words = join_quantities(plain(one_line(text)))
        for found in find_quantities(words):
            quantity = found.quantity
            if quantity.exact is not None and (found.start, found.end) == (0, len(words)):
                is_same = quantity.dimension == self.dimension
                return float(quantity.exact) if is_same else None
        return None

    def _error(self) -> str:
        examples = {"mass": "3.6 g, 0.5 oz", "length": "25 mm, 1 in"}
        example = examples.get(self.dimension, f"3.7 {self.unit}".strip())
        return gettext("Enter a number such as %(example)s.") % {"example": example}


def labels(index: Index) -> dict[str, str]:
    """Return the name of each attribute by column: the one that most product types give it."""

    def compute() -> dict[str, str]:
        names: dict[str, Counter[str]] = {}
        for row in index.attributes:
            name = name_and_unit(row["name"])[0]
            names.setdefault(column_of(row), Counter())[name] += 1
        return {column: counted.most_common(1)[0][0] for column, counted in names.items()}

    return index.once(("labels", ""), compute)


def column_of(attribute: dict[str, Any]) -> str:
    """Return the column of the index that has the values of an attribute."""
    kind = "n" if attribute["type"] in ("integer", "float") else "t"
    return f"{kind}.{attribute['code']}"


def numbers(index: Index) -> dict[str, Number]:
    """Return all columns of numbers by name: price, weight, and attributes."""

    def compute() -> dict[str, Number]:
        found = {name: _number(name, str(label), unit) for name, label, unit in COMMON}
        shown = labels(index)
        for row in index.attributes:
            unit = name_and_unit(row["name"])[1]
            column = f"n.{row['code']}"
            if row["type"] in ("integer", "float") and column not in found:
                found[column] = _number(column, shown[column], unit)
        return found

    return index.once(("numbers", ""), compute)


def _number(column: str, label: str, unit: str) -> Number:
    base = base_value(1, unit, label)
    return (
        Number(column, label, unit, float(base[1]), base[0])
        if base and unit
        else Number(column, label, unit)
    )


@dataclass(frozen=True, slots=True)
class ReadRange:
    """The limits of a typed range in the base unit; one that cannot be read has an error."""

    typed: Range
    low: float | None = None
    high: float | None = None
    low_error: str = ""
    high_error: str = ""


def read_range(index: Index, typed: Range) -> ReadRange:
    """Return the limits of a typed range; one that cannot be read is no limit and has an error."""
    number = numbers(index).get(typed.column)
    if number is None:
        return ReadRange(typed)
    limits: dict[str, Any] = {}
    for side in ("low", "high"):
        try:
            limits[side] = number.read(getattr(typed, side))
        except ValidationError as error:
            limits[f"{side}_error"] = error.messages[0]
    low, high = limits.get("low"), limits.get("high")
    if low is not None and high is not None and low > high:
        return ReadRange(typed, high_error=gettext("This is less than the lower limit."))
    return ReadRange(typed, **limits)


def edges(least: float, most: float) -> list[float]:
    """Return the limits of the bars of a histogram: even steps, or even ratios for a wide range."""
    if least > 0 and most / least > 20:
        ratio = math.log(most / least) / BARS
        inner = [least * math.exp(ratio * step) for step in range(1, BARS)]
    else:
        inner = [least + (most - least) / BARS * step for step in range(1, BARS)]
    return [least, *inner, most]


def flagged(index: Index) -> dict[str, tuple[str, int]]:
    """Return label and products of the attributes that product types mark as facets, by column."""

    def compute() -> dict[str, tuple[str, int]]:
        types: dict[str, set[int]] = {}
        for row in index.attributes:
            if row["is_facet"]:
                types.setdefault(column_of(row), set()).add(row["product_class_id"])
        of_type = index.column("type")
        return {
            column: (
                labels(index)[column],
                reduce(or_, (of_type.get(one, 0) for one in several), 0),
            )
            for column, several in types.items()
        }

    return index.once(("flagged", ""), compute)


def choice_label(value: str) -> str:
    """Return a text of an attribute as shown."""
    return {"yes": gettext("Yes"), "no": gettext("No")}.get(value, value)
