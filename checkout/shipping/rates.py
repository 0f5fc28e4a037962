"""What methods charge for parcels to a destination on a day. Two queries for all methods."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from checkout.shipping.destination import Destination
from checkout.shipping.models import (
    Carton,
    FuelSurcharge,
    MethodZone,
    ShippingMethod,
    ShippingRate,
)
from checkout.shipping.packing import Item, Limits, Parcel, Step, pack
from checkout.shipping.zones import zone_of
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import rounded


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a method charges to a zone. `steps` rise with the weight, and include the fuel surcharge
    and the handling fee."""

    method_zone: MethodZone
    steps: tuple[Step, ...]

    @property
    def method(self) -> ShippingMethod:
        return self.method_zone.method

    def pack(
        self, items: Sequence[Item], cartons: Sequence[Carton], limits: Limits | None = None
    ) -> list[Parcel] | None:
        """Return the parcels that cost the least with this method; None if it can't take them, or
        only as too many.

        `limits` are those of rules; the method's maximum weight is added.
        """
        limits = limits or Limits()
        most = min(self.method.max_weight_g, limits.weight_g or self.method.max_weight_g)
        parcels = pack(
            items,
            cartons,
            limits=Limits(most, limits.size_mm, limits.counts),
            steps=self.steps,
            divisor=self.method.volumetric_divisor,
        )
        return parcels if parcels and len(parcels) <= self.method.max_parcels else None

    def price(self, parcels: Iterable[Parcel], subtotal: Decimal) -> Decimal | None:
        """Return the price of parcels in CAD before tax; None if one is too heavy for the rates.

        `subtotal`: of the items, after discounts and before tax, for the free-shipping threshold.
        """
        charges = [self._charge(parcel) for parcel in parcels]
        if None in charges:
            return None
        free_from = self.method_zone.zone.free_from
        if self.method.free_over_threshold and free_from is not None and subtotal >= free_from:
            return Decimal("0.00")
        return sum((charge for charge in charges if charge), Decimal("0.00"))

    def _charge(self, parcel: Parcel) -> Decimal | None:
        grams = parcel.billable_g(self.method.volumetric_divisor)
        return next((step.charge for step in self.steps if grams <= step.up_to_g), None)


def rates_in_force(on: date) -> QuerySet[ShippingRate]:
    """Return the rows of the newest rate card of each method and zone, by weight."""
    newer = ShippingRate.objects.filter(
        method_zone=OuterRef("method_zone"),
        effective_from__lte=on,
        effective_from__gt=OuterRef("effective_from"),
    )
    rates = ShippingRate.objects.filter(
        ~Exists(newer), effective_from__lte=on, method_zone__method__active=True
    )
    rates = rates.select_related("method_zone__method", "method_zone__zone")
    return rates.order_by(
        "method_zone__zone",
        "method_zone__method__position",
        "method_zone__method__code",
        "up_to_g",
    )


def surcharges_in_force(on: date) -> QuerySet[FuelSurcharge]:
    """Return the newest fuel surcharge of each class."""
    newer = FuelSurcharge.objects.filter(
        surcharge=OuterRef("surcharge"), starts_on__lte=on, starts_on__gt=OuterRef("starts_on")
    )
    return FuelSurcharge.objects.filter(~Exists(newer), starts_on__lte=on)


def _to_zone(
    on: date, country: str, province: str, prefixes: tuple[str, ...]
) -> QuerySet[ShippingRate]:
    zone = zone_of(country, province, prefixes).values("pk")[:1]
    return rates_in_force(on).filter(method_zone__zone=Subquery(zone))


_RATES = CompiledQuery(_to_zone)
_SURCHARGES = CompiledQuery(surcharges_in_force)
_CARTONS = CompiledQuery(lambda: Carton.objects.filter(active=True).order_by(F("pk")))


def cartons() -> list[Carton]:
    """Return the cartons that we pack in. One query."""
    return _CARTONS()


def surcharges(on: date) -> list[FuelSurcharge]:
    """Return the newest fuel surcharge of each class on a day. One query."""
    return _SURCHARGES(on)


def tariffs(
    destination: Destination, on: date, surcharges: Iterable[FuelSurcharge]
) -> list[Tariff]:
    """Return the tariffs of the active methods to a destination, in the order that staff set.

    A method without rates in force has none: it is not available, never free. One query.
    """
    to = destination
    return tariffs_from(_RATES(on, to.country, to.province, to.postcode_prefixes), surcharges)


def tariffs_from(
    rates: Iterable[ShippingRate], surcharges: Iterable[FuelSurcharge]
) -> list[Tariff]:
    """Return the tariffs of rates, which are sorted by method, zone and weight."""
    percentages = {each.surcharge: each.percentage for each in surcharges}
    return [
        Tariff(method_zone, tuple(_step(rate, percentages) for rate in rows))
        for method_zone, rows in groupby(rates, key=attrgetter("method_zone"))
    ]


def _step(rate: ShippingRate, percentages: dict[str, Decimal]) -> Step:
    """Return what a parcel costs; a rate that is free on purpose stays free."""
    if rate.free:
        return Step(rate.up_to_g, Decimal("0.00"))
    method = rate.method_zone.method
    percentage = percentages.get(method.surcharge, Decimal(0))
    charge = rounded(rate.price * (1 + percentage / 100)) + method.handling_fee
    return Step(rate.up_to_g, charge)
