"""Sales tax on an order.

Canadian tax follows the place of supply: for shipped goods, the destination (Excise Tax Act,
Schedule IX, Part II). Each component is calculated on the total of items and shipping, rounded
once, then allocated to the lines, so that the lines add up to the cent. Exports are zero-rated
(Excise Tax Act, Schedule VI, Part V, section 12).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from checkout.tax.models import TaxRate
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import allocate, from_cents, rounded, to_cents


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax on an order: `amount` CAD on `base` CAD, and its share of each taxed amount."""

    name: str
    province: str
    rate: Decimal
    base: Decimal
    amount: Decimal
    shares: tuple[Decimal, ...]


_IN_FORCE = CompiledQuery(
    lambda day, country, province: TaxRate.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=day),
        country=country,
        province=province,
        starts_on__lte=day,
    ).order_by("starts_on")
)


def rates_on(day: date, *, country: str, province: str) -> list[TaxRate]:
    """Return the rates in force on a day, one per component; none outside Canada."""
    if country != "CA":
        return []
    newest = {rate.component: rate for rate in _IN_FORCE(day, country, province)}
    return [newest[name] for name in sorted(newest)]


def taxes_on(amounts: Sequence[Decimal], rates: Sequence[TaxRate]) -> tuple[Tax, ...]:
    """Return the tax of each rate on the amounts (lines, then shipping; CAD, before tax)."""
    return tuple(_tax(amounts, rate) for rate in rates)


def _tax(amounts: Sequence[Decimal], rate: TaxRate) -> Tax:
    base = sum(amounts, Decimal(0))
    amount = rounded(base * rate.rate)
    shares = allocate(to_cents(amount), amounts)
    return Tax(
        name=rate.component,
        province=rate.province,
        rate=rate.rate,
        base=base,
        amount=amount,
        shares=tuple(from_cents(share) for share in shares),
    )
