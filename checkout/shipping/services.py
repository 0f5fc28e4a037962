"""A shipping method that takes a cart, with its price and parcels; `engine.py` finds them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext, ngettext

from checkout.shipping.models import ShippingMethod
from checkout.shipping.packing import Parcel
from checkout.shipping.rates import Tariff
from microflight.core.compiled_query import CompiledQuery


@dataclass(frozen=True, slots=True)
class AvailableMethod:
    """A shipping method for a cart: `charge` is CAD before tax, days are business days."""

    code: str
    name: str
    min_days: int
    max_days: int
    tracked: bool
    charge: Decimal
    parcels: tuple[Parcel, ...] = ()
    pickup: bool = False
    suspended: tuple[tuple[date, date], ...] = ()  # first and last days without the carrier

    @property
    def days(self) -> str:
        """Return the transit time for shoppers."""
        if self.pickup:
            return gettext("we email you when it is ready")
        if self.min_days == self.max_days:
            days = str(self.min_days)
        else:
            days = f"{self.min_days}–{self.max_days}"
        text = ngettext("%(days)s business day", "%(days)s business days", self.max_days)
        return text % {"days": days}

    @property
    def weight_g(self) -> int:
        """Return the weight of the parcels, cartons included."""
        return sum(parcel.weight_g for parcel in self.parcels)

    @property
    def left_g(self) -> int:
        """Return how many grams more fit at the same price: into the parcel with the smallest
        items, which is the last one."""
        return self.parcels[-1].left_g if self.parcels else 0


def available(tariff: Tariff, parcels: list[Parcel], charge: Decimal) -> AvailableMethod:
    """Return the method of a tariff with these parcels."""
    return AvailableMethod(
        code=tariff.method.code,
        name=tariff.method.name,
        min_days=tariff.method_zone.min_days,
        max_days=tariff.method_zone.max_days,
        tracked=tariff.method.tracked,
        charge=charge,
        parcels=tuple(parcels),
        pickup=tariff.method.pickup,
    )


_PICKUP = CompiledQuery(
    lambda: ShippingMethod.objects.filter(pickup=True, active=True).order_by("position", "code")
)


def pickup_method() -> AvailableMethod | None:
    """Return the method of picking an order up at the shop, for any destination, if there is one.

    It has no parcels, and is free. One query.
    """
    method = _PICKUP.first()
    if method is None:
        return None
    free = Decimal("0.00")
    return AvailableMethod(method.code, method.name, 0, 0, tracked=False, charge=free, pickup=True)
