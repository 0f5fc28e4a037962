"""Sales by place of supply against the thresholds for registering there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.tax.models import TaxRegistration
from checkout.tax_reports.models import ExchangeRate, Period, TaxThreshold
from microflight.core.money import rounded

#: From this part of a threshold on, staff are warned.
WARN_FROM = Decimal("0.80")


@dataclass(frozen=True, slots=True)
class RunningTotal:
    """The sales of a threshold's period, in CAD and in its currency (None without a rate)."""

    cad: Decimal
    amount: Decimal | None
    limit: Decimal
    is_registered: bool

    @property
    def percent(self) -> int | None:
        """Return the sales in percent of the threshold, rounded down; None if it is 0."""
        if self.amount is None or not self.limit:
            return None
        return int(self.amount * 100 / self.limit)

    @property
    def warns(self) -> bool:
        """Return whether staff must think about registering: also if no exchange rate is known."""
        if self.is_registered or not self.cad:
            return False
        return self.amount is None or self.amount >= self.limit * WARN_FROM


def running_totals(day: date | None = None) -> dict[int, RunningTotal]:
    """Return the sales against each threshold, by its primary key. Two queries."""
    today = day or timezone.localdate()
    sales = _sales(today)
    return {row.pk: _total(row, sales) for row in _thresholds(today)}


def warnings() -> int:
    """Return how many thresholds are almost or entirely reached. Two queries."""
    return sum(total.warns for total in running_totals().values())


def _total(row: "TaxThreshold", sales: Iterable[Any]) -> RunningTotal:
    column = "year" if row.period == Period.CALENDAR_YEAR else "months"
    here = [
        each[column] or Decimal(0)
        for each in sales
        if each["supply_country"] == row.country and row.province in ("", each["supply_province"])
    ]
    cad = sum(here, Decimal(0))
    rate = Decimal(1) if row.currency == "CAD" else row.cad  # type: ignore[attr-defined]
    return RunningTotal(
        cad=cad,
        amount=rounded(cad / rate) if rate else None,
        limit=row.amount,
        is_registered=row.is_registered,  # type: ignore[attr-defined]
    )


def _thresholds(today: date) -> QuerySet:
    """Return all thresholds with `cad`, today's exchange rate, and `is_registered`."""
    rates = ExchangeRate.objects.filter(currency=OuterRef("currency"), starts_on__lte=today)
    registrations = TaxRegistration.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today),
        starts_on__lte=today,
        jurisdiction=OuterRef("province"),
    )
    return TaxThreshold.objects.annotate(
        cad=Subquery(rates.order_by("-starts_on").values("cad")[:1]),
        is_registered=Q(registered_on__lte=today) | Q(Exists(registrations)),
    )


def _sales(today: date) -> list[Any]:
    """Return paid sales before tax by place of supply: this calendar year, the last 12 months."""
    january = _midnight(today.replace(month=1, day=1))
    months_ago = _midnight(today - timedelta(days=365))
    orders = Order.objects.filter(placed_at__gte=min(january, months_ago)).exclude(
        status=OrderState.CANCELLED
    )
    return list(
        orders.order_by()
        .values("supply_country", "supply_province")
        .annotate(
            year=Sum("total_excl_tax", filter=Q(placed_at__gte=january)),
            months=Sum("total_excl_tax", filter=Q(placed_at__gte=months_ago)),
        )
    )


def _midnight(day: date) -> datetime:
    """Return the start of a day in shop time."""
    return timezone.make_aware(datetime.combine(day, time()))
