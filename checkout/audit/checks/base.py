"""What a check is, and the SQL expressions that checks share.

A check only reads. It compares our own rows in a single SQL statement, which sees each transaction
completely or not at all, so an order in progress is not a breach. Sums are in whole cents, since
SQLite adds dollars as floats.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import (
    BigIntegerField,
    Count,
    F,
    Manager,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Cast, Coalesce, Round
from django.utils.translation import gettext

from microflight.core.money import from_cents

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that is broken: by what, how, and what staff should do. Holds no personal data."""

    check: str
    subject: str  # such as an order number or SKU
    problem: str
    action: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem} {self.action}"


@dataclass(slots=True)
class CheckRun:
    """One run of a check: how many rows it checked, and what it could not check."""

    check: str
    grace: timedelta = timedelta(0)
    checked: int = 0
    not_checked: list[str] = field(default_factory=list)

    def count(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Count the rows that the check covers, and return them."""
        self.checked += rows.count()
        return rows

    def breach(
        self, subject: str, problem: "StrOrPromise", action: "StrOrPromise", **values: Any
    ) -> Breach:
        """Return a breach; `values` fill in the problem."""
        return Breach(self.check, subject, str(problem) % values, str(action))

    def order_breach(
        self, number: str, problem: "StrOrPromise", action: "StrOrPromise", **values: Any
    ) -> Breach:
        """Return a breach about an order."""
        return self.breach(f"order {number}", problem, action, **values)

    def breaches(
        self,
        rows: QuerySet[Any],
        problem: "StrOrPromise",
        action: "StrOrPromise",
        *,
        subject: str = "order %(number)s",
        **columns: str,
    ) -> Iterator[Breach]:
        """Yield a breach for each row. `subject` and `problem` name columns of the rows, or keys of
        `columns`; a column whose name ends in `_cents` is shown in dollars."""
        names = re.findall(r"%\((\w+)\)", f"{subject}{problem}")
        column_of = {name: columns.get(name, name) for name in names}
        for row in rows.order_by("pk").values(*set(column_of.values())):
            values = {
                name: cad(row[column]) if column.endswith("_cents") else row[column]
                for name, column in column_of.items()
            }
            yield self.breach(subject % values, problem, action, **values)

    def stripe_unavailable(self, error: Exception) -> None:
        """Record that Stripe did not answer, with the first line of the error."""
        line = str(error).partition("\n")[0]
        self.not_checked.append(gettext("Stripe did not answer: %(error)s") % {"error": line})


#: All rows of a model, or some.
Rows = QuerySet[Any] | Manager[Any]
Finder = Callable[[CheckRun], Iterator[Breach]]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, and how to find what breaks it."""

    name: str
    rule: "StrOrPromise"
    find: Finder


#: Every check, in printing order.
CHECKS: list[Check] = []


def check(name: str, rule: "StrOrPromise") -> Callable[[Finder], Finder]:
    """Register a check by its name and rule."""

    def register(find: Finder) -> Finder:
        CHECKS.append(Check(name, rule, find))
        return find

    return register


def cents(name: str) -> Any:
    """Return a column of dollars as whole cents."""
    return Cast(Round(F(name) * 100), BigIntegerField())


def total(rows: Rows, of: str, *, by: str, outer: str = "pk") -> Any:
    """Return the sum of a column over the rows whose `by` is the outer row's `outer`, or 0.

    The column holds whole numbers.
    """
    return one_number(rows, Sum(of), by=by, outer=outer)


def number_of(rows: Rows, *, by: str, outer: str = "pk") -> Any:
    """Return how many rows have the outer row's `outer` in `by`."""
    return one_number(rows, Count("pk"), by=by, outer=outer)


def one_number(rows: Rows, of: Any, *, by: str, outer: str = "pk") -> Any:
    """Return an aggregate of whole numbers over the rows that belong to the outer row, or 0."""
    grouped = rows.filter(**{by: OuterRef(outer)}).order_by().values(by).annotate(number=of)
    found = Subquery(grouped.values("number"), output_field=BigIntegerField())
    return Coalesce(found, 0, output_field=BigIntegerField())


def cad(number: int) -> str:
    """Format cents for staff: 1234 is "12.34 CAD"."""
    return f"{from_cents(int(number))} CAD"
