"""Querysets compiled to SQL once per connection, then run with other values.

The ORM takes longer to generate a query than PostgreSQL to run it. A `CompiledQuery` caches the
SQL of a queryset, with placeholders for the values, and builds the same objects from the rows. No
result is cached. See docs/decisions/010-placing-fast.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.transaction import TransactionManagementError

M = TypeVar("M")
Value = int | str | date | datetime

#: Values that no row has, by which the placeholders are found in the SQL.
_INT, _YEAR = 2_147_400_000, 9_000


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled query. Each parameter is (is placeholder, the value or its position)."""

    sql: str
    parameters: tuple[tuple[bool, Any], ...]
    compiler: Any
    converters: Any
    make: Callable[[Any], Any]
    locks: bool


class CompiledQuery(Generic[M]):
    """A queryset whose values come later. `write` must build it the same way for all values.

    Each value is a number, text, date, datetime, or a tuple of these (for `__in`; one query is
    compiled per length). None means something else in SQL and is not accepted.
    """

    def __init__(self, write: Callable[..., QuerySet[Any, M]]) -> None:
        self._write = write

    def __call__(self, *values: Value | tuple[Value, ...]) -> list[M]:
        """Run the query with these values; return the rows as the queryset would."""
        shape = tuple(len(value) if isinstance(value, tuple) else -1 for value in values)
        if 0 in shape:  # an empty `__in` matches nothing
            return []
        # stored on the connection: both end together, and threads share neither
        plans = vars(connections[DEFAULT_DB_ALIAS]).setdefault("compiled_queries", {})
        plan = plans.get((self, shape))
        if plan is None:
            plan = plans[self, shape] = self._plan(values)
        return _answer(plan, list(_flat(values)))

    def first(self, *values: Value | tuple[Value, ...]) -> M | None:
        """Return the first row or None. The query itself should limit its rows."""
        rows = self(*values)
        return rows[0] if rows else None

    def get(self, *values: Value | tuple[Value, ...]) -> M:
        """Return the row; raise the model's DoesNotExist if there is none."""
        row = self.first(*values)
        if row is None:
            raise self._write(*values).model.DoesNotExist
        return row

    def _plan(self, values: tuple[Any, ...]) -> _Plan:
        """Let the ORM compile the query for marker values that can be found in its SQL."""
        count = iter(range(10_000))
        marks = [
            tuple(_mark(each, next(count)) for each in value)
            if isinstance(value, tuple)
            else _mark(value, next(count))
            for value in values
        ]
        queryset = self._write(*marks)
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, parameters = compiler.as_sql()
        found = {_adapted(mark): place for place, mark in enumerate(_flat(marks))}
        columns = [column[0] for column in compiler.select[: compiler.col_count]]
        return _Plan(
            sql=sql,
            parameters=tuple((p in found, found.get(p, p)) for p in parameters),
            compiler=compiler,
            converters=compiler.get_converters(columns),
            make=_maker(queryset, compiler),
            locks=queryset.query.select_for_update,
        )


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


def _mark(value: Any, place: int) -> Any:
    if isinstance(value, datetime):
        return datetime(_YEAR + place, 1, 1, tzinfo=value.tzinfo)
    if isinstance(value, date):
        return date(_YEAR + place, 1, 1)
    return _INT + place if isinstance(value, int) else f"placeholder {place} of a query"


def _adapted(value: Any) -> Any:
    """The value as a parameter of this engine."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def _maker(queryset: QuerySet[Any, Any], compiler: Any) -> Callable[[Any], Any]:
    """Return a function that builds a model instance, or a tuple, from a row."""
    if queryset._iterable_class is not ModelIterable:
        return tuple
    info, select, alias = compiler.klass_info, compiler.select, queryset.db
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[start:end]]
    model: type[Model] = info["model"]
    joined = get_related_populators(info, select, alias)  # type: ignore[call-arg]  # stubs: Django 6

    def make(row: Any) -> Model:
        made = model.from_db(alias, names, row[start:end])
        for populator in joined:
            populator.populate(row, made)
        return made

    return make


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("Rows can be locked only inside a transaction.")


def _answer(plan: _Plan, values: list[Any]) -> list[Any]:
    if plan.locks:
        _require_transaction()
    parameters = [
        _adapted(values[p]) if is_placeholder else p for is_placeholder, p in plan.parameters
    ]
    with connection.cursor() as cursor:
        cursor.execute(plan.sql, parameters)
        rows: Any = cursor.fetchall()
    if plan.converters:
        rows = plan.compiler.apply_converters(rows, plan.converters)
    return [plan.make(row) for row in rows]
