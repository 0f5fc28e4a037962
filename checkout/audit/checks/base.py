"""What a check is, and the sums that checks are made of.

A check reads and never writes. Where it compares rows of our own, it does so in one statement: a
statement sees each of the shop's transactions whole or not at all, so that an order in flight is
no breach. Sums are whole cents, because SQLite adds dollars as fractions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

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

from microflight.core.money import from_cents


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that must not be. No personal data: `subject` is a number or an SKU."""

    check: str
    subject: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what} {self.todo}"


@dataclass(slots=True)
class Look:
    """One check at work: how many rows it looked at, and what was left for lack of an answer."""

    check: str
    grace: timedelta = timedelta(0)
    looked_at: int = 0
    unanswered: list[str] = field(default_factory=list)

    def at(self, rows: QuerySet[Any]) -> None:
        """Count the rows that the check is about."""
        self.looked_at += rows.count()

    def breach(self, subject: str, what: str, todo: str) -> Breach:
        """Return a breach of this check."""
        return Breach(self.check, subject, what, todo)

    def order(self, number: str, what: str, todo: str) -> Breach:
        """Return a breach about an order."""
        return self.breach(f"order {number}", what, todo)

    def unasked(self, error: Exception) -> None:
        """Note that Stripe did not answer; only the first line of what it said is for staff."""
        line = str(error).partition("\n")[0]
        self.unanswered.append(f"Stripe could not be asked: {line}")


#: All rows of a model, or some.
Rows = QuerySet[Any] | Manager[Any]
Finder = Callable[[Look], Iterator[Breach]]


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence that must be true, and how to find what makes it false."""

    name: str
    proves: str
    find: Finder


#: Every check, in the order in which they are printed.
CHECKS: list[Check] = []


def check(name: str, proves: str) -> Callable[[Finder], Finder]:
    """Register a check: its short name, and the sentence that it proves."""

    def register(find: Finder) -> Finder:
        CHECKS.append(Check(name, proves, find))
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
    """Return cents as words for staff: 1234 is "12.34 CAD"."""
    return f"{from_cents(int(number))} CAD"
