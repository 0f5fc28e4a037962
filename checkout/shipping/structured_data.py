"""Shipping methods for search engines, as schema.org's ShippingService.

Only the shipping policy has it: Google reads it there as well as on each product page, and it
saves a query there (Google Search Central, "Merchant shipping policy").
"""

from itertools import groupby
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import F

from checkout.shipping.models import ShippingMethod, WeightBand
from checkout.shipping.services import CARTON_G, PADDING

_WORKING_DAYS = [
    f"https://schema.org/{day}" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
]


def shipping_methods() -> dict[str, Any]:
    """Return the active shipping methods with their rates, in one query.

    Zones without countries (rest of the world) are left out: schema.org cannot express them.
    """
    bands = (
        WeightBand.objects.filter(method__active=True, method__zone__countries__isnull=False)
        .select_related("method__zone")
        .annotate(country=F("method__zone__countries"))
        .order_by("method__zone", "method__position", "method__code", "up_to_g", "country")
    )
    by_method = groupby(bands, key=attrgetter("method"))
    methods = [_shipping_method(method, list(rows)) for method, rows in by_method]
    return {"hasShippingService": methods} if methods else {}


def _shipping_method(method: ShippingMethod, rows: list[WeightBand]) -> dict[str, Any]:
    """Return one method; `rows` has each of its bands once per country of the zone."""
    conditions, above = [], 0
    for grams, group in groupby(rows, key=items_g):
        countries = list(group)
        if grams > above:
            conditions.append(_condition(method, countries, above, grams))
            above = grams
    data = {
        "@type": "ShippingService",
        "name": f"{method.name}, {method.zone.name}",
        "handlingTime": _period(0, settings.DISPATCH_DAYS),
        "shippingConditions": conditions,
    }
    if not method.takes_loose_batteries:
        data["description"] = "Not for loose lithium batteries."
    return data


def _condition(
    method: ShippingMethod, rows: list[WeightBand], above: int, grams: int
) -> dict[str, Any]:
    return {
        "@type": "ShippingConditions",
        "shippingDestination": [
            {"@type": "DefinedRegion", "addressCountry": row.country}  # type: ignore[attr-defined]
            for row in rows
        ],
        "weight": _between(above, grams, "GRM"),
        "shippingRate": {
            "@type": "MonetaryAmount",
            "value": str(rows[0].charge),
            "currency": "CAD",
        },
        "transitTime": _period(method.min_days, method.max_days),
    }


def items_g(band: WeightBand) -> int:
    """Return the maximum weight of the items in grams: the band includes packaging."""
    return max(0, int((band.up_to_g - CARTON_G) / (1 + PADDING)))


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
