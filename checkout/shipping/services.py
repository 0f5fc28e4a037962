"""The package of an order, and the shipping methods available for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Subquery
from django.utils.translation import gettext

from catalog.models import Battery
from checkout.shipping.models import ShippingZone, WeightBand
from microflight.core.compiled_query import CompiledQuery

#: A carton, and padding in proportion to the weight of the items (invented).
CARTON_G = Decimal(80)
PADDING = Decimal("0.10")


@dataclass(frozen=True, slots=True)
class Package:
    """A packed order: its weight, and if it holds a battery that is not in a device."""

    weight_g: int
    loose_battery: bool


@dataclass(frozen=True, slots=True)
class AvailableMethod:
    """A shipping method for a package: `charge` is CAD before tax, days are business days."""

    code: str
    name: str
    min_days: int
    max_days: int
    tracked: bool
    charge: Decimal

    @property
    def days(self) -> str:
        """Return the transit time for shoppers."""
        if self.min_days == self.max_days:
            days = str(self.min_days)
        else:
            days = f"{self.min_days}–{self.max_days}"
        return gettext("%(days)s business days") % {"days": days}


def pack(lines: Sequence[Any]) -> Package:
    """Return the package for lines of a basket; its weight is rounded up to whole grams."""
    items = sum((line.product.weight_g * line.quantity for line in lines), Decimal(0))
    weight = (items * (1 + PADDING) + CARTON_G).to_integral_value(rounding=ROUND_UP)
    loose = any(line.product.battery == Battery.LOOSE for line in lines)
    return Package(int(weight), loose)


def _bands(country: str, weight_g: int) -> QuerySet[WeightBand]:
    zones = ShippingZone.objects.filter(Q(countries=country) | Q(countries=None))
    zone = zones.order_by(F("countries").desc(nulls_last=True), "pk").values("pk")[:1]
    bands = WeightBand.objects.filter(
        method__zone=Subquery(zone), method__active=True, up_to_g__gte=weight_g
    ).select_related("method")
    return bands.order_by("method__position", "method__code", "up_to_g")


_BANDS = CompiledQuery(_bands)
_BANDS_FOR_LOOSE_BATTERIES = CompiledQuery(
    lambda country, weight_g: _bands(country, weight_g).filter(method__takes_loose_batteries=True)
)


def available_methods(package: Package, *, country: str) -> list[AvailableMethod]:
    """Return the shipping methods for a package to a country, in the order that staff set.

    The zone is the one with this country, else the one without countries (rest of the world). A
    method without a band for the weight has no charge and is left out.
    """
    bands = _BANDS_FOR_LOOSE_BATTERIES if package.loose_battery else _BANDS
    lightest: dict[int, WeightBand] = {}
    for band in bands(country, package.weight_g):
        lightest.setdefault(band.method_id, band)
    return [_available(band) for band in lightest.values()]


def _available(band: WeightBand) -> AvailableMethod:
    method = band.method
    return AvailableMethod(
        code=method.code,
        name=method.name,
        min_days=method.min_days,
        max_days=method.max_days,
        tracked=method.tracked,
        charge=band.charge,
    )
