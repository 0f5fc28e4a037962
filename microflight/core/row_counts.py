"""Counts of rows of several tables, with one query."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Count, DateTimeField, Min, QuerySet, Value
from django.db.models.functions import Cast


class RowCount(NamedTuple):
    """How many rows there are, the earliest day or moment in a column, and the lowest ID."""

    rows: int = 0
    oldest: datetime | None = None
    first: int | None = None


def count_with_oldest(querysets: Mapping[str, tuple[QuerySet, str]]) -> dict[str, RowCount]:
    """Return how many rows each queryset selects, with the earliest day or moment in a column, if
    one is named. One query for all of them."""
    counts = [
        rows.order_by()
        .values(queryset=Value(name))
        .annotate(
            rows=Count("pk"), oldest=_earliest(column), first=Cast(Min("pk"), BigIntegerField())
        )
        .values_list("queryset", "rows", "oldest", "first")
        for name, (rows, column) in querysets.items()
    ]
    if not counts:
        return {}
    found = counts[0].union(*counts[1:], all=True)
    empty = dict.fromkeys(querysets, RowCount())
    return empty | {name: RowCount(*values) for name, *values in found}


def _earliest(column: str) -> Any:
    """Return an expression of one type for days, moments and none, so that rows can be united."""
    return Cast(Min(column) if column else Value(None), DateTimeField())
