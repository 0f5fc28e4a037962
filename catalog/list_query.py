"""What the query string of a list says: search, sorting, page, view and facets. No database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from microflight.core.bounds import FIRST_DAY, LAST_DAY
from microflight.core.text import one_line

MAX_SEARCH = 100  # characters; a longer search is rejected
MAX_TYPED = 60  # characters of a number or choice
#: The query parameters of all lists; `a.CODE`, `a.CODE.from` and `a.CODE.to` are of attributes.
PARAMETERS = (
    "sort", "view", "in_stock", "category", "ships_to", "since", "price.from", "price.to", "a.*",
    "page",
)  # fmt: skip
TABLE, CSV = "table", "csv"  # views; the default one has cards
SORTS = {
    "": _("Featured"),
    "price": _("Price: low to high"),
    "-price": _("Price: high to low"),
    "weight": _("Weight: light to heavy"),
    "-weight": _("Weight: heavy to light"),
    "name": _("Name"),
    "new": _("Newest"),
}
_COLUMN_SORT = re.compile(r"-?[nt]\.\w{1,128}", re.ASCII)
MAX_VALUES = 60  # in a query string
_ATTRIBUTE = re.compile(r"a\.(\w{1,128})(\.from|\.to)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Range:
    """Two numbers as typed, both included; an empty one is no limit."""

    column: str  # of the index
    low: str = ""
    high: str = ""

    @property
    def parameter(self) -> str:
        """Return the beginning of the names of its two fields."""
        return self.column if self.column == "price" else f"a.{self.column[2:]}"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query string of a list. Invalid values become the default; typed numbers stay as they
    are, for a message next to their field."""

    search: str = ""
    sort: str = ""
    in_stock: bool = False
    page: int = 1
    view: str = ""
    categories: tuple[str, ...] = ()
    ships_to: str = ""
    since: date | None = None  # added on this day or later
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()  # by column of the index
    ranges: tuple[Range, ...] = ()

    @classmethod
    def read(cls, query: QueryDict) -> "ListQuery":
        """Read it from a query string. Raises BadRequest for more than MAX_VALUES values."""
        _check_count(query)
        sort, page, view = query.get("sort", ""), query.get("page", ""), query.get("view", "")
        number = int(page[:9]) if page.isascii() and page.isdigit() else 1  # 9: past any list
        choices: dict[str, tuple[str, ...]] = {}
        limits: dict[str, dict[str, str]] = {"price": _limits(query, "price")}
        for name in query:
            if found := _ATTRIBUTE.fullmatch(name):
                if found[2]:
                    limits[f"n.{found[1]}"] = _limits(query, f"a.{found[1]}")
                elif values := _values(query, name):
                    choices[f"t.{found[1]}"] = values
        return cls(
            search=" ".join(query.get("q", "").replace("\0", " ").split()),
            sort=sort if sort in SORTS or _COLUMN_SORT.fullmatch(sort) else "",
            in_stock=query.get("in_stock", "") in ("1", "on"),
            page=max(number, 1),
            view=view if view in (TABLE, CSV) else "",
            categories=_values(query, "category"),
            ships_to=_typed(query.get("ships_to", "")).upper(),
            since=_day(query.get("since", "")),
            choices=tuple(sorted(choices.items())),
            ranges=tuple(
                Range(column, **both)
                for column, both in sorted(limits.items())
                if any(both.values())
            ),
        )

    @property
    def search_error(self) -> str:
        """Return why there are no results of this search, or an empty string."""
        if len(self.search) <= MAX_SEARCH:
            return ""
        text = ngettext(
            "Use at most %(limit)d character to search.",
            "Use at most %(limit)d characters to search.",
            MAX_SEARCH,
        )
        return text % {"limit": MAX_SEARCH}

    @property
    def columns(self) -> list[str]:
        """Return the columns of the index in which something is chosen or typed."""
        return [column for column, _values in self.choices] + [one.column for one in self.ranges]

    @property
    def is_filtered(self) -> bool:
        """Tell whether the list may lack products because of a facet."""
        return bool(self.in_stock or self.categories or self.ships_to or self.since or self.columns)

    @property
    def unfiltered(self) -> "ListQuery":
        """Return the first page of the whole list, sorted and shown in the same way."""
        return ListQuery(search=self.search, sort=self.sort, view=self.view)

    def without(self, name: str, value: str = "") -> str:
        """Return the query string without a facet, or without one value of it."""
        changed = replace(self, page=1)
        if name == "category":
            kept = tuple(one for one in self.categories if one != value)
            return replace(changed, categories=kept).urlencode()
        if name in ("in_stock", "ships_to", "since"):
            return replace(changed, **{name: getattr(ListQuery(), name)}).urlencode()
        choices = dict(self.choices)
        if name in choices:
            choices[name] = tuple(one for one in choices[name] if one != value)
        ranges = tuple(one for one in self.ranges if one.column != name)
        return replace(changed, choices=tuple(choices.items()), ranges=ranges).urlencode()

    def urlencode(self, **changes: Any) -> str:
        """Return the shortest query string for this with some values changed; may be empty."""
        text = urlencode([pair for pair in replace(self, **changes).pairs() if pair[1]])
        return f"?{text}" if text else ""

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield names and values of the query string."""
        yield "q", self.search
        yield "sort", self.sort
        yield "view", self.view
        yield "in_stock", "1" if self.in_stock else ""
        yield from (("category", value) for value in self.categories)
        yield "ships_to", self.ships_to
        yield "since", str(self.since) if self.since else ""
        for column, values in self.choices:
            yield from ((f"a.{column[2:]}", value) for value in values)
        for one in self.ranges:
            yield f"{one.parameter}.from", one.low
            yield f"{one.parameter}.to", one.high
        yield "page", str(self.page) if self.page > 1 else ""


def _check_count(query: QueryDict) -> None:
    """Reject too many filters: the chip of each one repeats all the others."""
    if sum(map(bool, chain.from_iterable(values for _, values in query.lists()))) > MAX_VALUES:
        raise BadRequest(f"At most {MAX_VALUES} filters can be combined.")


def _limits(query: QueryDict, name: str) -> dict[str, str]:
    return {
        "low": _typed(query.get(f"{name}.from", "")),
        "high": _typed(query.get(f"{name}.to", "")),
    }


def _day(text: str) -> date | None:
    """Return a day in ISO format, None for anything else."""
    if not (text.isascii() and len(text) == len("2026-11-30")):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def _values(query: QueryDict, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for one in query.getlist(name) if (text := _typed(one))))


def _typed(text: str) -> str:
    return one_line(text.replace("\0", " "))[:MAX_TYPED]
