"""Delivery as search engines read it: schema.org's ShippingService, from the services themselves.

On the page of the shipping policy and not beside each product: Google reads either, and here it
costs no product page a statement (Google Search Central, "Merchant shipping policy").
"""

from itertools import groupby
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import F

from checkout.shipping.models import Service, WeightBand
from checkout.shipping.services import CARTON_G, PADDING

_WORKING_DAYS = [
    f"https://schema.org/{day}" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
]


def services() -> dict[str, Any]:
    """Return the services that are on now, with their charges: one query.

    Only zones that name their countries: of the rest of the world nothing can be said but by
    listing what it is not.
    """
    bands = (
        WeightBand.objects.filter(service__active=True, service__zone__countries__isnull=False)
        .select_related("service__zone")
        .annotate(country=F("service__zone__countries"))
        .order_by("service__zone", "service__position", "service__code", "up_to_g", "country")
    )
    found = [
        _service(service, list(rows)) for service, rows in groupby(bands, key=attrgetter("service"))
    ]
    return {"hasShippingService": found} if found else {}


def _service(service: Service, rows: list[WeightBand]) -> dict[str, Any]:
    """One service; each of its bands is there once for each country of the zone."""
    conditions, above = [], 0
    for grams, alike in groupby(rows, key=goods_g):
        countries = list(alike)
        if grams > above:
            conditions.append(_condition(service, countries, above, grams))
            above = grams
    said = {
        "@type": "ShippingService",
        "name": f"{service.name}, {service.zone.name}",
        "handlingTime": _period(0, settings.DISPATCH_DAYS),
        "shippingConditions": conditions,
    }
    if not service.takes_loose_batteries:
        said["description"] = "Not for loose lithium cells."
    return said


def _condition(service: Service, rows: list[WeightBand], above: int, grams: int) -> dict[str, Any]:
    return {
        "@type": "ShippingConditions",
        "shippingDestination": [
            {"@type": "DefinedRegion", "addressCountry": row.country}  # type: ignore[attr-defined]
            for row in rows
        ],
        "weight": _between(above, grams, "GRM"),
        "shippingRate": {
            "@type": "MonetaryAmount", "value": str(rows[0].charge), "currency": "CAD",
        },
        "transitTime": _period(service.min_days, service.max_days),
    }  # fmt: skip


def goods_g(band: WeightBand) -> int:
    """Return the most that goods may weigh, in whole grams: the band is for the packed parcel."""
    return max(0, int((band.up_to_g - CARTON_G) / (1 + PADDING)))


def _period(least: int, most: int) -> dict[str, Any]:
    return {
        "@type": "ServicePeriod",
        "duration": _between(least, most, "DAY"),
        "businessDays": _WORKING_DAYS,
    }


def _between(least: int, most: int, unit: str) -> dict[str, Any]:
    return {
        "@type": "QuantitativeValue", "minValue": least, "maxValue": most, "unitCode": unit,
    }  # fmt: skip
