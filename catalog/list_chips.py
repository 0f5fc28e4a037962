"""Chips: what is chosen in the facets of a list, each with a link to remove it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext

from catalog.list_numbers import choice_label, flagged, numbers
from catalog.list_query import ListQuery, Range
from catalog.listing_index import Index
from catalog.tree import Node


@dataclass(frozen=True, slots=True)
class Chip:
    """One choice, and the query string without it."""

    label: str
    url: str


def chips_of(
    wanted: ListQuery,
    index: Index,
    nodes: tuple[Node, ...],
    countries: dict[str, str],
) -> Iterable[Chip]:
    """Yield what is chosen, also what this list does not have, each with a link to remove it."""
    names = {str(node.pk): node.name for node in nodes}
    for value in wanted.categories:
        yield Chip(names.get(value, value), wanted.without("category", value))
    if wanted.in_stock:
        yield Chip(gettext("In stock only"), wanted.without("in_stock"))
    if wanted.ships_to:
        name = countries.get(wanted.ships_to, wanted.ships_to)
        label = gettext("Ships to %(country)s") % {"country": name}
        yield Chip(label, wanted.without("ships_to"))
    if wanted.since:
        day = date_format(wanted.since, "F j, Y")
        label = gettext("Added since %(date)s") % {"date": day}
        yield Chip(label, wanted.without("since"))
    for column, values in wanted.choices:
        label = flagged(index).get(column, (column[2:], 0))[0]
        for value in values:
            yield Chip(f"{label}: {choice_label(value)}", wanted.without(column, value))
    for typed in wanted.ranges:
        number = numbers(index).get(typed.column)
        label = number.label if number else typed.column[2:]
        unit = number.unit if number else ""
        yield Chip(f"{label}: {_limits(typed, unit)}", wanted.without(typed.column))


def _limits(typed: Range, unit: str) -> str:
    """Return a range as it was typed, with the unit if that was not typed."""
    if not typed.high:
        return gettext("from %(low)s") % {"low": _with_unit(typed.low, unit)}
    if not typed.low:
        return gettext("up to %(high)s") % {"high": _with_unit(typed.high, unit)}
    return f"{_with_unit(typed.low, unit)} – {_with_unit(typed.high, unit)}"


def _with_unit(text: str, unit: str) -> str:
    if not text[-1:].isdigit() or not unit:
        return text
    return f"${text}" if unit == "$" else f"{text}\N{NO-BREAK SPACE}{unit}"
