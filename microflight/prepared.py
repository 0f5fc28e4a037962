"""Questions to the database that are put together once and then asked with other values.

The ORM takes longer to write a statement than PostgreSQL to answer it. A `Prepared` keeps what the
ORM wrote for a queryset, with holes where the values go, and makes the same objects of the
answer. Nothing that was answered is kept. See docs/decisions/010-placing-fast.md.
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

#: Values that no row has, by which the holes are found again in the statement.
_INT, _YEAR = 2_147_400_000, 9_000


@dataclass(frozen=True, slots=True)
class _Plan:
    """A statement of one connection. A parameter is a value of ours, or (hole, which value)."""

    sql: str
    parameters: tuple[tuple[bool, Any], ...]
    compiler: Any
    converters: Any
    make: Callable[[Any], Any]
    locks: bool


class Prepared(Generic[M]):
    """A queryset of values to come. `write` must build it alike for all values of one type.

    Each value is a number, a text, a day, a moment, or a tuple of such (for `__in`; then there is
    a statement for each length). None has another meaning in SQL and is not taken.
    """

    def __init__(self, write: Callable[..., QuerySet[Any, M]]) -> None:
        self._write = write

    def __call__(self, *values: Value | tuple[Value, ...]) -> list[M]:
        """Ask with these values, now; return the rows as the queryset would."""
        shape = tuple(len(value) if isinstance(value, tuple) else -1 for value in values)
        if 0 in shape:  # in none of these
            return []
        # kept with the connection: they end together, and no two threads share one
        plans = vars(connections[DEFAULT_DB_ALIAS]).setdefault("prepared", {})
        plan = plans.get((self, shape))
        if plan is None:
            plan = plans[self, shape] = self._plan(values)
        return _answer(plan, list(_flat(values)))

    def first(self, *values: Value | tuple[Value, ...]) -> M | None:
        """Return the first row or None. The statement itself should ask for few."""
        rows = self(*values)
        return rows[0] if rows else None

    def get(self, *values: Value | tuple[Value, ...]) -> M:
        """Return the one row that there must be; raise the model's DoesNotExist."""
        row = self.first(*values)
        if row is None:
            raise self._write(*values).model.DoesNotExist
        return row

    def _plan(self, values: tuple[Any, ...]) -> _Plan:
        """Let the ORM write the statement for values that are found again in it."""
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
    return _INT + place if isinstance(value, int) else f"hole {place} of a statement"


def _adapted(value: Any) -> Any:
    """The value as a parameter of this engine."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def _maker(queryset: QuerySet[Any, Any], compiler: Any) -> Callable[[Any], Any]:
    """Return what makes an object, or a tuple, of a row."""
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


def _refuse_outside_a_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("Rows are locked inside a transaction only.")


def _answer(plan: _Plan, values: list[Any]) -> list[Any]:
    if plan.locks:
        _refuse_outside_a_transaction()
    parameters = [_adapted(values[p]) if is_hole else p for is_hole, p in plan.parameters]
    with connection.cursor() as cursor:
        cursor.execute(plan.sql, parameters)
        rows: Any = cursor.fetchall()
    if plan.converters:
        rows = plan.compiler.apply_converters(rows, plan.converters)
    return [plan.make(row) for row in rows]
