"""Facets: what a list can be filtered by, with the number of products for each choice.

Choices of one facet are alternatives, several facets must all match, and the counts of a facet
ignore what is chosen in it. One mechanism for all lists: `of_list` reads nothing but the index.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import reduce
from operator import and_, or_

from django.utils.timezone import make_aware
from django.utils.translation import gettext

from catalog.list_chips import Chip, chips_of
from catalog.list_numbers import (
    BARS,
    COMMON,
    Number,
    ReadRange,
    choice_label,
    edges,
    flagged,
    numbers,
    read_range,
)
from catalog.list_query import ListQuery, Range
from catalog.listing_index import Index
from catalog.tree import Node

MOST_FACETS = 8  # of attributes; those that most products of the list have
MOST_OPTIONS = 100  # of one facet
MOST_OPEN = 8  # options that are shown at once


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a facet."""

    value: str
    label: str
    count: int
    is_chosen: bool = False
    level: int = 0  # of a category below others


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the range of a facet, with the number of products in it."""

    place: int
    height: int  # of 32
    count: int

    @property
    def x(self) -> int:
        """Return the left edge in a drawing 120 wide."""
        return self.place * 10

    @property
    def y(self) -> int:
        """Return the upper edge in a drawing 32 high."""
        return 32 - self.height


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet as a list shows it: options, or a range of numbers with its histogram."""

    name: str  # of the field
    label: str
    type: str  # options, country, switch or range
    options: tuple[Option, ...] = ()
    unit: str = ""
    low: str = ""  # as typed
    high: str = ""
    low_error: str = ""
    high_error: str = ""
    least: str = ""
    most: str = ""
    bars: tuple[Bar, ...] = ()

    @property
    def first_options(self) -> tuple[Option, ...]:
        """Return the options that are always shown."""
        return self.options[:MOST_OPEN]

    @property
    def more_options(self) -> tuple[Option, ...]:
        """Return the options that are shown on demand."""
        return self.options[MOST_OPEN:]

    @property
    def has_chosen_more(self) -> bool:
        """Tell whether one of `more_options` is chosen."""
        return any(one.is_chosen for one in self.more_options)

    @property
    def is_chosen(self) -> bool:
        """Tell whether something is chosen or typed."""
        return bool(self.low or self.high or any(one.is_chosen for one in self.options))

    @property
    def has_error(self) -> bool:
        """Tell whether a typed number cannot be used."""
        return bool(self.low_error or self.high_error)


@dataclass(frozen=True, slots=True)
class Filtered:
    """The products of a list that match, its facets, and what is chosen."""

    bits: int
    facets: tuple[Facet, ...]
    chips: tuple[Chip, ...]

    @property
    def has_error(self) -> bool:
        """Tell whether a typed number cannot be used."""
        return any(one.has_error for one in self.facets)


# --- Which facets a list has ---------------------------------------------------------------------


def _columns(index: Index, base: int, wanted: ListQuery) -> list[str]:
    """Return the attribute columns to show: chosen ones, then those that most products have."""
    common = {name for name, *_more in COMMON}
    total = base.bit_count() or 1
    shares = {
        column: (index.having(column) & products & base).bit_count() / total
        for column, (_label, products) in flagged(index).items()
        if column not in common
    }
    chosen = [column for column in wanted.columns if column in shares]
    usual = [column for column, share in shares.items() if share >= 0.2 and column not in chosen]
    usual.sort(key=lambda column: -shares[column])
    return chosen + usual[: max(0, MOST_FACETS - len(chosen))]


# --- Filtering -----------------------------------------------------------------------------------


def of_list(
    index: Index, base: int, wanted: ListQuery, nodes: Iterable[Node], countries: dict[str, str]
) -> Filtered:
    """Return what matches of a list's products, and its facets.

    `nodes`: the categories to choose from; `countries`: names by code.
    """
    nodes = tuple(nodes)
    ranges = {one.column: read_range(index, one) for one in wanted.ranges}
    chosen = _chosen(index, wanted, nodes, countries, ranges)
    everything = reduce(and_, chosen.values(), base)
    facets = []
    for name in (
        "category",
        "in_stock",
        "ships_to",
        *_common(index, base),
        *_columns(index, base, wanted),
    ):
        others = reduce(and_, (bits for one, bits in chosen.items() if one != name), base)
        facets.append(_facet(index, name, others, wanted, nodes, countries, ranges))
    shown = tuple(facet for facet in facets if facet)
    return Filtered(everything, shown, tuple(chips_of(wanted, index, nodes, countries)))


def _common(index: Index, base: int) -> list[str]:
    return [name for name, *_more in COMMON if index.having(name) & base]


def _chosen(
    index: Index,
    wanted: ListQuery,
    nodes: tuple[Node, ...],
    countries: dict[str, str],
    ranges: dict[str, ReadRange],
) -> dict[str, int]:
    """Return the products of each facet in which something is chosen."""
    found: dict[str, int] = {}
    if wanted.categories:
        found["category"] = _any(
            _branch(index, node) for node in nodes if str(node.pk) in wanted.categories
        )
    if wanted.in_stock:
        found["in_stock"] = index.column("in_stock").get(True, 0)
    if wanted.ships_to:
        known = wanted.ships_to in countries
        found["ships_to"] = index.shipping_to(wanted.ships_to) if known else 0
    if wanted.since:
        start = make_aware(datetime.combine(wanted.since, time.min))
        found["since"] = index.created_since(start)
    for column, values in wanted.choices:
        products = flagged(index).get(column, ("", 0))[1]
        found[column] = _any(index.column(column).get(value, 0) for value in values) & products
    for column, one in ranges.items():
        if column not in numbers(index):
            found[column] = 0
        elif one.low is not None or one.high is not None:
            found[column] = index.between(column, one.low, one.high) & _allowed(index, column)
    return found


def _allowed(index: Index, column: str) -> int:
    """Return the products whose type has a column of numbers as a facet."""
    if column in {name for name, *_more in COMMON}:
        return index.everything
    return flagged(index).get(column, ("", 0))[1]


def _any(several: Iterable[int]) -> int:
    return reduce(or_, several, 0)


def _branch(index: Index, node: Node) -> int:
    return branch(index, (one.pk for one in node.branch()))


def branch(index: Index, categories: Iterable[int]) -> int:
    """Return the products in any of these categories."""
    column = index.column("category")
    return _any(column.get(pk, 0) for pk in categories)


# --- Counting ------------------------------------------------------------------------------------


def _facet(
    index: Index,
    name: str,
    others: int,
    wanted: ListQuery,
    nodes: tuple[Node, ...],
    countries: dict[str, str],
    ranges: dict[str, ReadRange],
) -> Facet | None:
    """Return one facet, counted among the products that match all others; None without choice."""
    if name == "category":
        return _categories(index, others, wanted, nodes)
    if name == "in_stock":
        count = (index.column("in_stock").get(True, 0) & others).bit_count()
        option = Option("1", gettext("In stock only"), count, wanted.in_stock)
        return Facet(name, gettext("Availability"), "switch", (option,))
    if name == "ships_to":
        return _countries(index, others, wanted, countries)
    if name in numbers(index):
        typed = ranges.get(name) or ReadRange(Range(name))
        return _range(index, numbers(index)[name], others & _allowed(index, name), typed)
    label, products = flagged(index)[name]
    return _options(index, name, label, others & products, wanted)


def _categories(
    index: Index, others: int, wanted: ListQuery, nodes: tuple[Node, ...]
) -> Facet | None:
    depth = min((len(node.trail) for node in nodes), default=0)
    options = tuple(
        Option(str(node.pk), node.name, count, is_chosen, len(node.trail) - depth)
        for node in nodes
        if (count := (_branch(index, node) & others).bit_count())
        | (is_chosen := str(node.pk) in wanted.categories)
    )
    return Facet("category", gettext("Category"), "options", options) if options else None


def _countries(
    index: Index, others: int, wanted: ListQuery, countries: dict[str, str]
) -> Facet | None:
    if not any(index.column("ships_to")):
        return None
    options = tuple(
        Option(code, name, (index.shipping_to(code) & others).bit_count(), code == wanted.ships_to)
        for code, name in countries.items()
    )
    return Facet("ships_to", gettext("Ships to"), "country", options)


def _options(index: Index, column: str, label: str, others: int, wanted: ListQuery) -> Facet | None:
    chosen = dict(wanted.choices).get(column, ())
    counts = {
        value: (bits & others).bit_count()
        for value, bits in index.column(column).items()
        if bits & others or value in chosen
    }
    if len(counts) < 2 and not chosen:
        return None
    first = sorted(counts, key=lambda value: (value not in chosen, -counts[value], value))
    options = tuple(
        Option(value, choice_label(value), counts[value], value in chosen)
        for value in sorted(first[:MOST_OPTIONS])
    )
    return Facet(f"a.{column[2:]}", label, "options", options)


def _range(index: Index, number: Number, others: int, typed: ReadRange) -> Facet | None:
    ranges = index.ranges(number.column)
    least = next((v for v, b in zip(ranges.values, ranges.bits, strict=True) if b & others), None)
    field = Facet(
        number.column if number.column == "price" else f"a.{number.column[2:]}",
        number.label,
        "range",
        unit=number.unit,
        low=typed.typed.low,
        high=typed.typed.high,
        low_error=typed.low_error,
        high_error=typed.high_error,
    )
    if least is None:
        return field if field.is_chosen else None
    pairs = zip(reversed(ranges.values), reversed(ranges.bits), strict=True)
    most = next(value for value, bits in pairs if bits & others)
    if least == most and not field.is_chosen:
        return None
    return replace(
        field,
        least=number.format(least),
        most=number.format(most),
        bars=_bars(index, number.column, others, least, most) if least < most else (),
    )


def _bars(index: Index, column: str, others: int, least: float, most: float) -> tuple[Bar, ...]:
    """Return the number of products in each part of the range; one with several values counts in
    several."""
    limits = edges(least, most)
    counts = []
    for place, (low, high) in enumerate(zip(limits, limits[1:], strict=False)):
        end = high if place == BARS - 1 else math.nextafter(high, -math.inf)
        counts.append((index.between(column, low, end) & others).bit_count())
    highest = max(counts)
    return tuple(
        Bar(place, max(1, round(32 * count / highest)) if count else 0, count)
        for place, count in enumerate(counts)
    )
