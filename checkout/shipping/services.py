"""What it costs to send a parcel, and which ways of sending it there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Subquery

from catalog.models import Battery
from checkout.shipping.models import WeightBand, Zone
from microflight.core.compiled_query import CompiledQuery

#: A carton, and padding in proportion to what is in it (the shop's rule of thumb; invented).
CARTON_G = Decimal(80)
PADDING = Decimal("0.10")


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to send this parcel: `charge` CAD before tax, days are business days."""

    code: str
    name: str
    min_days: int
    max_days: int
    tracked: bool
    charge: Decimal

    @property
    def days(self) -> str:
        """Return the time on the way as a shopper reads it."""
        if self.min_days == self.max_days:
            return f"{self.min_days} business days"
        return f"{self.min_days}–{self.max_days} business days"


def parcel_weight_g(lines: Iterable[Any]) -> int:
    """Return the weight of the packed parcel, in whole grams rounded up.

    `lines` are lines of a basket with their products.
    """
    goods = sum((line.product.weight_g * line.quantity for line in lines), Decimal(0))
    return int((goods * (1 + PADDING) + CARTON_G).to_integral_value(rounding=ROUND_UP))


def has_loose_battery(lines: Iterable[Any]) -> bool:
    """Tell whether a line is a battery by itself, which not every service may carry."""
    return any(line.product.battery == Battery.LOOSE for line in lines)


def _bands(country: str, weight_g: int) -> QuerySet[WeightBand]:
    zones = Zone.objects.filter(Q(countries=country) | Q(countries=None))
    zone = zones.order_by(F("countries").desc(nulls_last=True), "pk").values("pk")[:1]
    bands = WeightBand.objects.filter(
        service__zone=Subquery(zone), service__active=True, up_to_g__gte=weight_g
    ).select_related("service")
    return bands.order_by("service__position", "service__code", "up_to_g")


_BANDS = CompiledQuery(_bands)
_BANDS_FOR_LOOSE_BATTERIES = CompiledQuery(
    lambda country, weight_g: _bands(country, weight_g).filter(service__takes_loose_batteries=True)
)


def choices(*, country: str, weight_g: int, loose_battery: bool) -> list[Choice]:
    """Return the services that take this parcel to this country, in the staff's order.

    The zone is the one that names the country, else the one without countries: the world. A
    service without a band for the weight is left out: it has no price, and never a price of 0.
    """
    bands = _BANDS_FOR_LOOSE_BATTERIES if loose_battery else _BANDS
    lightest: dict[int, WeightBand] = {}
    for band in bands(country, weight_g):
        lightest.setdefault(band.service_id, band)
    return [_choice(band) for band in lightest.values()]


def _choice(band: WeightBand) -> Choice:
    service = band.service
    return Choice(
        code=service.code,
        name=service.name,
        min_days=service.min_days,
        max_days=service.max_days,
        tracked=service.tracked,
        charge=band.charge,
    )
