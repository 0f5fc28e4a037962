"""Charts for staff: one SVG template per type, and under each a table of the same numbers.

`{% include chart.template %}` shows `chart`. Positions are in units of a drawing 400 wide; colours
and sizes of text come from static/css/admin/charts.css. The first series may be compared with a
second one, such as the previous period; it is dashed or thin, so colour alone tells nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext

from microflight.core.money import format_money

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

WIDTH = 400
_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 56, 394, 22, 182, 216
_ROW_HEIGHT, _NAME_LENGTH = 36, 46
_MOST_LABELS, _MOST_DOTS = 6, 31

Number = int | Decimal


class ChartType(StrEnum):
    """One template each."""

    LINE = "line"
    BARS = "bars"
    HORIZONTAL_BARS = "horizontal_bars"


class Unit(StrEnum):
    """What the numbers are: units, dollars of the shop's currency, or percent."""

    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"

    def text(self, value: Number | None) -> str:
        """Return a number as shown: `1,234`, `$1,234.50`, `12.5%`; a dash if it is unknown."""
        if value is None:
            return "–"
        if self == Unit.MONEY:
            return format_money(Decimal(value))
        return f"{value:,.1f}%" if self == Unit.PERCENT else f"{value:,}"

    def tick(self, value: Decimal) -> str:
        """Return a number of an axis, without needless places."""
        text = self.text(int(value) if self == Unit.COUNT else value)
        return text.replace(".00", "").replace(".0%", "%")


class Row(NamedTuple):
    """A day, product or place: its number in each series, and the list behind it."""

    label: str
    values: tuple[Number | None, ...]
    url: str = ""


class Tick(NamedTuple):
    """A label on an axis, and where it is."""

    at: float
    text: str


class Mark(NamedTuple):
    """A bar or a dot: its left upper corner (or centre), size, series from 1, and its tooltip."""

    x: float
    y: float
    width: float
    height: float
    series: int
    text: str


class Name(NamedTuple):
    """The text above a horizontal bar."""

    y: float
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and its table. `name` is unique on its page; `columns` are the names of the series;
    `label` is the heading of the rows and of their axis. `report_url` is a page with more."""

    name: str
    title: "StrOrPromise"
    type: ChartType
    columns: "Sequence[StrOrPromise]"
    rows: Sequence[Row]
    label: "StrOrPromise"
    unit: Unit = Unit.COUNT
    csv_url: str = ""
    report_url: str = ""

    @property
    def template(self) -> str:
        return f"admin/charts/{self.type}.html"

    @property
    def has_values(self) -> bool:
        """Tell whether there is anything to draw."""
        return any(value for row in self.rows for value in row.values)

    @property
    def height(self) -> int:
        if self.type == ChartType.HORIZONTAL_BARS:
            return len(self.rows) * _ROW_HEIGHT + 4
        return _HEIGHT

    @property
    def description(self) -> str:
        """Return the highest number of each series as sentences, for screen readers."""
        sentences = []
        for place, column in enumerate(self.columns):
            known = [(row.values[place] or 0, row.label) for row in self.rows]
            value, label = max(known, key=lambda pair: pair[0])
            text = gettext("%(column)s: highest %(value)s (%(label)s).")
            names = {"column": column, "value": self.unit.text(value), "label": label}
            sentences.append(text % names)
        return " ".join(sentences)

    @property
    def table(self) -> list[tuple[Row, list[str]]]:
        """Return each row with its numbers as text."""
        return [(row, [self.unit.text(value) for value in row.values]) for row in self.rows]

    # --- The axes --------------------------------------------------------------------------------

    def _scale(self) -> list[Decimal]:
        """Return the numbers of the value axis: round steps that include all values and zero."""
        values = [Decimal(v) for row in self.rows for v in row.values if v is not None]
        low, high = min([*values, Decimal(0)]), max([*values, Decimal(0)])
        rough = (high - low) / 4 or Decimal(1)
        power = Decimal(10) ** rough.adjusted()
        step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
        if self.unit == Unit.COUNT:
            step = max(step, Decimal(1))
        first = int((low / step).to_integral_value(ROUND_FLOOR))
        last = int((high / step).to_integral_value(ROUND_CEILING))
        return [step * n for n in range(first, max(last, first + 1) + 1)]

    def _y(self, value: Number, scale: Sequence[Decimal]) -> float:
        share = (Decimal(value) - scale[0]) / (scale[-1] - scale[0])
        return round(_BOTTOM - float(share) * (_BOTTOM - _TOP), 1)

    def _step(self) -> float:
        return (_RIGHT - _LEFT) / max(len(self.rows), 1)

    def _x(self, place: int) -> float:
        return round(_LEFT + (place + 0.5) * self._step(), 1)

    @property
    def value_ticks(self) -> list[Tick]:
        """Return the labels of the value axis, from below."""
        scale = self._scale()
        return [Tick(self._y(value, scale), self.unit.tick(value)) for value in scale]

    @property
    def row_ticks(self) -> list[Tick]:
        """Return the labels of the rows: six at most, evenly spaced."""
        every = -(-len(self.rows) // _MOST_LABELS)
        return [
            Tick(self._x(place), row.label)
            for place, row in enumerate(self.rows)
            if place % every == 0
        ]

    # --- The marks -------------------------------------------------------------------------------

    def _marks(self) -> Iterator[tuple[int, int, Row, Number]]:
        """Yield series and row of each known value; the first series last, so it is on top."""
        for series in reversed(range(len(self.columns))):
            for place, row in enumerate(self.rows):
                value = row.values[series]
                if value is not None:
                    yield series, place, row, value

    def _tooltip(self, row: Row, series: int, value: Number) -> str:
        return f"{row.label}, {self.columns[series]}: {self.unit.text(value)}"

    @property
    def lines(self) -> list[tuple[int, str]]:
        """Return the points of each line with its series from 1; a gap ends a line."""
        scale, points, last = self._scale(), dict[tuple[int, int], list[str]](), (0, -2)
        start = (0, 0)
        for series, place, _row, value in self._marks():
            if last != (series, place - 1):
                start = (series, place)
            last = (series, place)
            points.setdefault(start, []).append(f"{self._x(place)},{self._y(value, scale)}")
        return [(series + 1, " ".join(several)) for (series, _), several in points.items()]

    @property
    def dots(self) -> list[Mark]:
        """Return the dots of a line of up to a month."""
        if len(self.rows) > _MOST_DOTS:
            return []
        scale = self._scale()
        return [
            Mark(self._x(place), self._y(value, scale), 0, 0, series + 1, tooltip)
            for series, place, row, value in self._marks()
            for tooltip in [self._tooltip(row, series, value)]
        ]

    @property
    def bars(self) -> list[Mark]:
        """Return the upright bars, those of one row side by side."""
        scale, width = self._scale(), self._step() * 0.8 / len(self.columns)
        marks = []
        for series, place, row, value in self._marks():
            x = self._x(place) - self._step() * 0.4 + series * width
            ends = sorted((self._y(value, scale), self._y(0, scale)))
            tooltip = self._tooltip(row, series, value)
            size = (round(width, 1), round(ends[1] - ends[0], 1))
            marks.append(Mark(round(x, 1), ends[0], *size, series + 1, tooltip))
        return marks

    @property
    def horizontal_bars(self) -> list[Mark]:
        """Return the bars under their names; the series of one row below each other."""
        values = [abs(Decimal(v)) for row in self.rows for v in row.values if v]
        most = max(values, default=Decimal(1))
        marks = []
        for series, place, row, value in self._marks():
            y, height = ((19, 8), (28, 4))[series]  # the second one is thin
            width = round(float(abs(Decimal(value)) / most) * WIDTH, 1)
            tooltip = self._tooltip(row, series, value)
            marks.append(Mark(0, place * _ROW_HEIGHT + y, width, height, series + 1, tooltip))
        return marks

    @property
    def names(self) -> list[Name]:
        """Return the names of the horizontal bars; long ones end in an ellipsis."""
        return [
            Name(
                place * _ROW_HEIGHT + 13,
                row.label
                if len(row.label) <= _NAME_LENGTH
                else row.label[: _NAME_LENGTH - 1].rstrip() + "…",
                self.unit.text(row.values[0]),
            )
            for place, row in enumerate(self.rows)
        ]
