"""Limits of numbers and days, enforced by forms, models and the database."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from microflight.core.money import MAXIMUM_CHARGE, from_cents

#: The most of one price, rate or discount, in CAD.
MAX_AMOUNT = Decimal("99999.99")
#: The most of one order, in CAD.
MAX_TOTAL = from_cents(MAXIMUM_CHARGE)
#: The most of a sum over many orders, in CAD: what a column of 12 digits holds.
MAX_SUM = Decimal("9999999999.99")
#: The most units of one product.
MAX_UNITS = 1_000_000
#: The highest position in a list, or priority.
MAX_POSITION = 30_000

#: The first and the last day that staff can enter: time zones and working days need room.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)

Number = int | Decimal | date


class Bounds(models.CheckConstraint):
    """Keeps a number or day from `low` to `high`. A form shows the error at the field."""

    def __init__(self, field: str, low: Number, high: Number, *, name: str = "") -> None:
        self.field, self.low, self.high = field, low, high
        super().__init__(
            condition=Q(**{f"{field}__gte": low, f"{field}__lte": high}),
            name=name or f"%(app_label)s_%(class)s_{field}_bounds",
        )

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Return what a migration writes."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, (self.field, self.low, self.high), {"name": self.name}

    def validate(
        self,
        model: Any,
        instance: Any,
        exclude: Iterable[str] | None = None,
        using: str = "default",
    ) -> None:
        """Raise ValidationError for the field; without a query."""
        value = getattr(instance, self.field)
        if value is None or self.field in (exclude or ()):
            return
        try:
            MinValueValidator(self.low)(value)
            MaxValueValidator(self.high)(value)
        except ValidationError as error:
            raise ValidationError({self.field: error}) from error
