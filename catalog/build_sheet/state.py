"""The state of a build sheet, which is all in its URL: an airframe, and parts with positions."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.numbers import DecimalField, IntegerField

#: Parts on a sheet, empty rows for more, and the most units of one part.
MOST_PARTS, EMPTY_ROWS, MOST_UNITS = 30, 3, 20
#: Positions in mm behind the nose.
FIRST_MM, LAST_MM = -500, 2000
_MOST_CHARACTERS = 64  # of a SKU

_POSITION = DecimalField(
    required=False,
    min_value=FIRST_MM,
    max_value=LAST_MM,
    max_digits=6,
    decimal_places=1,
    error_messages={
        "invalid": _("Enter a position in mm, such as 42."),
        **dict.fromkeys(
            ("min_value", "max_value", "max_digits", "max_whole_digits"),
            _("Enter a position from −500 to 2000 mm."),
        ),
        "max_decimal_places": _("Enter a position with at most one decimal place."),
    },
)
_UNITS = IntegerField(
    required=False,
    min_value=1,
    max_value=MOST_UNITS,
    error_messages=dict.fromkeys(
        ("invalid", "min_value", "max_value"), _("Enter a quantity from 1 to 20.")
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table as typed, and what it means. `x` is in mm behind the nose, None where the
    page suggests a position."""

    sku: str = ""
    typed_x: str = ""
    typed_units: str = ""
    x: Decimal | None = None
    units: int = 1
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What the URL says. `has_too_many`: it has more parts than a sheet holds."""

    airframe: str
    rows: tuple[Row, ...]
    has_too_many: bool = False


def read(query: QueryDict) -> State:
    """Return the state in a query string: `airframe`, and `sku`, `x` and `n` once for each row."""
    columns = [query.getlist(name)[: MOST_PARTS + EMPTY_ROWS + 1] for name in ("sku", "x", "n")]
    columns = [[*values, *[""] * (len(columns[0]) - len(values))] for values in columns]
    typed = [row for row in zip(*columns, strict=False) if row[0].strip()]
    many = len(typed) > MOST_PARTS or len(query.getlist("sku")) > MOST_PARTS + EMPTY_ROWS
    airframe = query.get("airframe", "").replace("\0", "").strip()[:_MOST_CHARACTERS]
    rows = () if many else tuple(_row(*row) for row in typed)
    return State(airframe, rows, many)


def _row(sku: str, x: str, units: str) -> Row:
    errors: list[str] = []
    sku = sku.strip()
    if len(sku) > _MOST_CHARACTERS or "\0" in sku:
        sku, errors = sku[:_MOST_CHARACTERS].replace("\0", ""), [unknown(sku)]
    position = _clean(_POSITION, x, errors)
    number = _clean(_UNITS, units, errors)
    return Row(sku, x.strip()[:20], units.strip()[:20], position, number or 1, tuple(errors))


def _clean(field: Any, text: str, errors: list[str]) -> Any:
    try:
        return field.clean(text)
    except ValidationError as error:
        errors.append(error.messages[0])
        return None


def unknown(sku: str) -> str:
    """Return the error for a SKU that no product has."""
    return gettext("No product has the SKU “%(sku)s”.") % {"sku": sku[:_MOST_CHARACTERS]}


def with_error(row: Row, error: str) -> Row:
    return replace(row, errors=(*row.errors, error))


def with_airframe(state: State, airframes: Collection[str]) -> State:
    """Return the state with its first part as the airframe, if it has none and the part is one.

    `airframes`: their SKUs, in capitals and without dashes.
    """
    first, *others = state.rows or (Row(),)
    if state.airframe or first.sku.replace("-", "").upper() not in airframes:
        return state
    return State(first.sku, tuple(others), state.has_too_many)


def query_string(airframe: str, rows: Iterable[tuple[str, str, int]]) -> str:
    """Return the query string of a sheet; each row is a SKU, a position and a quantity."""
    fields = [("airframe", airframe)] if airframe else []
    for sku, x, units in rows:
        fields += [("sku", sku), ("x", x), ("n", str(units))]
    return urlencode(fields)
