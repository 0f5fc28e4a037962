"""Counts of rows of several tables, with one query."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, DateTimeField, Min, QuerySet, Value
from django.db.models.functions import Cast


def count_with_oldest(
    querysets: Mapping[str, tuple[QuerySet, str]],
) -> dict[str, tuple[int, datetime | None]]:
    """Return how many rows each queryset selects, and the earliest day or moment in a column, if
    one is named. One query for all of them."""
    counts = [
        rows.order_by()
        .values(queryset=Value(name))
        .annotate(rows=Count("pk"), oldest=_earliest(column))
        .values_list("queryset", "rows", "oldest")
        for name, (rows, column) in querysets.items()
    ]
    if not counts:
        return {}
    found = counts[0].union(*counts[1:], all=True)
    empty: dict[str, tuple[int, datetime | None]] = dict.fromkeys(querysets, (0, None))
    return empty | {name: (count, oldest) for name, count, oldest in found}


def _earliest(column: str) -> Any:
    """Return an expression of one type for days, moments and none, so that rows can be united."""
    return Cast(Min(column) if column else Value(None), DateTimeField())
