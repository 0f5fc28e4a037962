"""Rows that are valid on some days, of which no two like each other are valid on the same day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Case, F, Func, Q, Value, When
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from microflight.core.row_locks import lock_names

_MESSAGE = _("On some of these days, “%(row)s” is valid, too. Enter its last day first.")


class NoOverlap(models.BaseConstraint):
    """Keeps rows with equal fields `same` from being valid on the same day.

    The first day is `starts_on`. `ends` is the last day, which may be empty, or the day after it
    (`ends_before`). `covering`: a field, and its value that includes all others, as HST includes
    GST. `only_if`: a boolean field; rows without it are ignored.

    Forms name the other row. PostgreSQL has an exclusion constraint, with its extension btree_gist.
    """

    def __init__(
        self,
        *same: str,
        name: str,
        ends: str = "ends_on",
        ends_before: bool = False,
        covering: tuple[str, str] | None = None,
        only_if: str = "",
        violation_error_message: Any = _MESSAGE,
    ) -> None:
        super().__init__(name=name, violation_error_message=violation_error_message)
        self.same, self.ends, self.ends_before = same, ends, ends_before
        self.covering, self.only_if = covering, only_if

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Return what a migration writes: no message."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        options: dict[str, Any] = {"name": self.name, "ends": self.ends}
        options |= {"ends_before": self.ends_before, "covering": self.covering}
        return path, self.same, {**options, "only_if": self.only_if}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoOverlap) and self.deconstruct() == other.deconstruct()

    def clone(self) -> "NoOverlap":
        """Return a copy, with its message."""
        _path, same, options = self.deconstruct()
        return type(self)(*same, **options, violation_error_message=self.violation_error_message)

    # --- the database ---

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the SQL in CREATE TABLE; None but on PostgreSQL."""
        return self._sql("constraint_sql", model, schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the SQL that adds it; None but on PostgreSQL."""
        return self._sql("create_sql", model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the SQL that drops it; None but on PostgreSQL."""
        return self._sql("remove_sql", model, schema_editor)

    def _sql(self, name: str, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return None
        return getattr(self._exclusion(), name)(model, schema_editor)

    def _exclusion(self) -> ExclusionConstraint:
        ends = Value("[)" if self.ends_before else "[]")
        first_to_last = F("starts_on"), F(self.ends), ends
        days = Func(*first_to_last, function="daterange", output_field=DateRangeField())
        expressions: list[Any] = [(name, RangeOperators.EQUAL) for name in self.same]
        if self.covering:
            expressions.append((_covered(*self.covering), RangeOperators.OVERLAPS))
        return ExclusionConstraint(
            name=self.name,
            expressions=[*expressions, (days, RangeOperators.OVERLAPS)],
            condition=Q(**{self.only_if: True}) if self.only_if else None,
        )

    # --- forms and models ---

    def validate(
        self,
        model: Any,
        instance: Any,
        exclude: Iterable[str] | None = None,
        using: str = "default",
    ) -> None:
        """Raise ValidationError, which names the other row.

        In a transaction, another one that saves such a row waits for its end.
        """
        fields = {*self.same, "starts_on", self.ends, *(self.covering or ())[:1]}
        if fields & {*(exclude or ())} or instance.starts_on is None:
            return
        if self.only_if and not getattr(instance, self.only_if):
            return
        if connection.in_atomic_block:
            lock_names(model._meta.db_table)
        if other := self._others(model, instance).order_by("starts_on").first():
            names = {"row": other, "first": _day(other.starts_on)}
            names["last"] = _day(getattr(other, self.ends))
            raise ValidationError(str(self.violation_error_message) % names)

    def _others(self, model: Any, instance: Any) -> Any:
        """Return the other rows like an instance that are valid on some of its days."""
        start, end = instance.starts_on, getattr(instance, self.ends)
        before = "lt" if self.ends_before else "lte"
        after = "gt" if self.ends_before else "gte"
        rows = model._default_manager.exclude(pk=instance.pk).filter(
            Q(**{self.ends: None}) | Q(**{f"{self.ends}__{after}": start}),
            **{name: getattr(instance, name) for name in self.same},
        )
        if end is not None:
            rows = rows.filter(**{f"starts_on__{before}": end})
        if self.only_if:
            rows = rows.filter(**{self.only_if: True})
        if self.covering:
            field, all_of_them = self.covering
            value = getattr(instance, field)
            if value != all_of_them:
                rows = rows.filter(**{f"{field}__in": [value, all_of_them]})
        return rows


def _covered(field: str, all_of_them: str) -> Case:
    """Return a range of numbers for a field; that of one value overlaps those of all others."""
    number = Func(F(field), Value(0), function="hashtextextended")
    one = Func(number, number, Value("[]"), **_NUMBERS)
    everything = Func(Value(None), Value(None), **_NUMBERS)
    return Case(When(**{field: all_of_them}, then=everything), default=one)


_NUMBERS: dict[str, Any] = {"function": "int8range", "output_field": BigIntegerRangeField()}


def _day(day: date | None) -> str:
    return date_format(day, "F j, Y") if day else ""
