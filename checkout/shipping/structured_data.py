"""Shipping methods for search engines, as schema.org's ShippingService.

Only the shipping policy has it: Google reads it there as well as on each product page, and it
saves queries there (Google Search Central, "Merchant shipping policy").
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from catalog.facts import Battery
from checkout.shipping import rates
from checkout.shipping.battery_types import BatteryTypes
from checkout.shipping.models import Carton, ShippingZone, ZoneRegion

_WORKING_DAYS = [
    f"https://schema.org/{day}" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
]


def shipping_methods() -> dict[str, Any]:
    """Return the active shipping methods with their rates. Seven queries for all of them.

    The rest of the world is left out: schema.org cannot express it.
    """
    today = timezone.localdate()
    tariffs = rates.tariffs_from(rates.rates_in_force(today), rates.surcharges_in_force(today))
    zones = list(ShippingZone.objects.prefetch_related("countries", "regions"))
    regions = {zone.pk: _regions(zone) for zone in zones}
    cartons, batteries = rates.cartons(), BatteryTypes(zones)
    methods = [
        _shipping_method(tariff, regions[tariff.method_zone.zone_id], cartons, batteries)
        for tariff in tariffs
        if regions[tariff.method_zone.zone_id]
    ]
    return {"hasShippingService": methods} if methods else {}


def _regions(zone: ShippingZone) -> list[dict[str, Any]]:
    """Return the places of a zone."""
    codes = sorted(country.pk for country in zone.countries.all())
    countries = [{"@type": "DefinedRegion", "addressCountry": code} for code in codes]
    return [*countries, *(_part(region) for region in zone.regions.all())]


def _part(region: ZoneRegion) -> dict[str, Any]:
    place = {"@type": "DefinedRegion", "addressCountry": region.country_id}
    if region.province:
        return {**place, "addressRegion": region.province}
    return {**place, "postalCodePrefix": region.postcode_prefix}


def _shipping_method(
    tariff: rates.Tariff,
    regions: list[dict[str, Any]],
    cartons: Sequence[Carton],
    batteries: BatteryTypes,
) -> dict[str, Any]:
    """Return one method: its price by the weight of the items."""
    conditions, above = [], 0
    for step in tariff.steps:
        grams = items_g(tariff, cartons, step.up_to_g)
        if grams > above:
            conditions.append(_condition(tariff, regions, (above, grams), str(step.charge)))
            above = grams
    data = {
        "@type": "ShippingService",
        "name": f"{tariff.method.name}, {tariff.method_zone.zone.name}",
        "handlingTime": _period(0, settings.DISPATCH_DAYS),
        "shippingConditions": conditions,
    }
    if Battery.LOOSE not in batteries.accepted(tariff.method_zone):
        data["description"] = "Not for loose lithium batteries."
    return data


def _condition(
    tariff: rates.Tariff, regions: list[dict[str, Any]], grams: tuple[int, int], charge: str
) -> dict[str, Any]:
    to = tariff.method_zone
    return {
        "@type": "ShippingConditions",
        "shippingDestination": regions,
        "weight": _between(*grams, "GRM"),
        "shippingRate": {"@type": "MonetaryAmount", "value": charge, "currency": "CAD"},
        "transitTime": _period(to.min_days, to.max_days),
    }


def items_g(tariff: rates.Tariff, cartons: Sequence[Carton], up_to_g: int) -> int:
    """Return the most grams of items that one carton takes at a rate."""
    divisor, most = tariff.method.volumetric_divisor, tariff.method.max_weight_g
    return max(
        (
            min(up_to_g, most, carton.max_weight_g) - carton.own_weight_g
            for carton in cartons
            if carton.volumetric_g(divisor) <= up_to_g
        ),
        default=0,
    )


def _period(least: int, most: int) -> dict[str, Any]:
    return {
        "@type": "ServicePeriod",
        "duration": _between(least, most, "DAY"),
        "businessDays": _WORKING_DAYS,
    }


def _between(least: int, most: int, unit: str) -> dict[str, Any]:
    return {
        "@type": "QuantitativeValue",
        "minValue": least,
        "maxValue": most,
        "unitCode": unit,
    }
