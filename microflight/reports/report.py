"""What a report is: a function that returns whole numbers, and how they are shown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import BigIntegerField, F
from django.db.models.functions import Cast, Round
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from microflight.core.charts import Chart, ChartType, Number, Row, Unit
from microflight.core.money import from_cents
from microflight.reports.periods import Period

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_MOST_BARS = 10


class Column(NamedTuple):
    """Units, or cents of CAD; or the first of two other columns in percent of the second."""

    label: "StrOrPromise"
    unit: Unit = Unit.COUNT
    ratio: tuple[int, int] | None = None


class Item(NamedTuple):
    """What a row is about, if not a day: its name, and the list behind it."""

    label: str
    url: str = ""


#: Whole numbers for each column without a ratio, by day or item.
Rows = dict[Any, list[int]]


def add(rows: Rows, key: date | Item | str, *numbers: int) -> None:
    """Add to the numbers of a day or item."""
    rows[key] = [a + b for a, b in zip(rows.get(key, [0] * len(numbers)), numbers, strict=True)]


def cents_of(column: str) -> Any:
    """Return a column in CAD as cents: sums of whole numbers are exact on SQLite, too."""
    return Cast(Round(F(column) * 100), BigIntegerField())


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `rows` returns its numbers by day or by item; the columns with a ratio come last.

    Its template in templates/admin/reports/about/ says exactly what each column counts.
    """

    name: str
    title: "StrOrPromise"
    permission: str
    rows: Callable[[Period], Rows]
    columns: Sequence[Column]
    label: "StrOrPromise" = gettext_lazy("Day")
    by_day: bool = True
    charted: int = 0  # the column
    list_of: Callable[[Period], str] = lambda days: ""  # the list behind some days

    @property
    def url(self) -> str:
        return reverse("admin:report", args=[self.name])

    @property
    def about(self) -> str:
        return f"admin/reports/about/{self.name}.html"


class Line(NamedTuple):
    """A row as shown: its numbers, and those of the previous period. None: nothing to divide by."""

    label: str
    url: str
    values: Sequence[Number | None]
    previous: Sequence[Number | None]


class Total(NamedTuple):
    """The total of a column as text; `change` in percent is empty if there was nothing before."""

    label: str
    value: str
    previous: str
    change: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The rows and the total of a report in a period and in the one before."""

    report: Report
    period: Period
    lines: Sequence[Line]
    total: Line

    @property
    def totals(self) -> list[Total]:
        """Return the total of each column."""
        pairs = zip(self.report.columns, self.total.values, self.total.previous, strict=True)
        return [
            Total(
                str(column.label), column.unit.text(now), column.unit.text(then), _change(now, then)
            )
            for column, now, then in pairs
        ]

    @property
    def table(self) -> list[tuple[Line, list[str]]]:
        """Return each row with its numbers as text."""
        units = [column.unit for column in self.report.columns]
        return [
            (line, [unit.text(value) for unit, value in zip(units, line.values, strict=True)])
            for line in self.lines
        ]

    def chart(self) -> Chart:
        """Return the charted column: a line by day, or bars of the first items."""
        report, place = self.report, self.report.charted
        column = report.columns[place]
        lines = self.lines if report.by_day else self.lines[:_MOST_BARS]
        return Chart(
            name=report.name,
            title=f"{report.title}: {column.label}",
            type=ChartType.LINE if report.by_day else ChartType.HORIZONTAL_BARS,
            columns=(column.label, gettext("Previous period")),
            rows=[
                Row(line.label, (line.values[place], line.previous[place]), line.url)
                for line in lines
            ],
            label=report.label,
            unit=column.unit,
        )

    def csv(self) -> tuple[Iterable[Iterable[object]], list[str]]:
        """Return the rows with the total, and the names of the columns; money in CAD."""
        names = [str(column.label) for column in self.report.columns]
        before = [gettext("Previous period: %(name)s") % {"name": name} for name in names]
        rows = ([line.label, *line.values, *line.previous] for line in (*self.lines, self.total))
        return rows, [str(self.report.label), *names, *before]


def figures(report: Report, period: Period) -> Figures:
    """Return a report of a period, compared with the one before."""
    if report.by_day:  # both periods at once
        rows = report.rows(Period(period.previous.first, period.last))
        now = {day: numbers for day, numbers in rows.items() if day >= period.first}
        then = {day: numbers for day, numbers in rows.items() if day < period.first}
        lines = _by_step(report, period, now, then)
    else:
        now, then = report.rows(period), report.rows(period.previous)
        lines = _by_item(report, now, then)
    total = Line(gettext("Total"), "", _sum(report, now.values()), _sum(report, then.values()))
    return Figures(report, period, lines, total)


def _by_step(report: Report, period: Period, now: Rows, then: Rows) -> list[Line]:
    steps: list[tuple[list[list[int]], list[list[int]]]] = [([], []) for _step in period.steps]
    for place, (days, rows) in enumerate(((period, now), (period.previous, then))):
        for day, numbers in rows.items():
            steps[days.step_of(day)][place].append(numbers)
    return [
        Line(days.label, report.list_of(days), _sum(report, here), _sum(report, there))
        for days, (here, there) in zip(period.steps, steps, strict=True)
    ]


def _by_item(report: Report, now: Rows, then: Rows) -> list[Line]:
    """Return the items of both periods, the largest first."""
    urls = {item.label: item.url for item in (*then, *now)}
    here, there = _by_label(now), _by_label(then)
    lines = [
        Line(label, url, _sum(report, here.get(label, ())), _sum(report, there.get(label, ())))
        for label, url in urls.items()
    ]
    place = report.charted
    return sorted(lines, key=lambda line: (-(line.values[place] or 0), line.label))


def _by_label(rows: Rows) -> dict[str, list[list[int]]]:
    """Return the rows of each label: two items may have the same one."""
    found: dict[str, list[list[int]]] = {}
    for item, row in rows.items():
        found.setdefault(item.label, []).append(row)
    return found


def _sum(report: Report, rows: Iterable[Sequence[int]]) -> list[Number | None]:
    """Return the sum of some rows as shown: cents as dollars, then the columns with a ratio."""
    plain = [column for column in report.columns if column.ratio is None]
    sums = [sum(numbers) for numbers in zip(*rows, strict=True)] or [0] * len(plain)
    ratios = [column.ratio for column in report.columns if column.ratio]
    return [
        *(from_cents(n) if c.unit == Unit.MONEY else n for c, n in zip(plain, sums, strict=True)),
        *(percent(sums[part], sums[whole]) for part, whole in ratios),
    ]


def percent(part: Number, whole: Number) -> Decimal | None:
    """Return a part in percent with one place; None of nothing."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _change(now: Number | None, then: Number | None) -> str:
    if now is None or not then:
        return ""
    change = percent(Decimal(now) - Decimal(then), Decimal(then).copy_abs())
    return f"{change:+,.1f}%".replace("-", "\N{MINUS SIGN}")
