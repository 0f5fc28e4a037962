"""Demo shipping zones, methods and rates.

All rates, times and weight limits are INVENTED; they are not those of any carrier. Staff replace
them in the admin.
"""

from decimal import Decimal
from typing import Any

from oscar.apps.address.models import Country

from catalog.seed.world import load_countries
from checkout.shipping.models import ShippingMethod, ShippingZone, WeightBand

ZONES = {"canada": ("Canada", ["CA"]), "us": ("United States", ["US"]), "world": ("World", [])}

# code: zone, name, days, tracked, takes loose batteries, {up to g: CAD before tax}
METHODS: dict[str, tuple[str, str, tuple[int, int], bool, bool, dict[int, str]]] = {
    "ca-letter": (
        "canada", "Small packet", (4, 9), False, True, {200: "4.80", 500: "7.20"},
    ),
    "ca-parcel": (
        "canada", "Tracked parcel", (3, 7), True, True,
        {500: "11.50", 1000: "13.90", 2000: "16.40", 5000: "22.80", 10000: "31.50", 30000: "58.00"},
    ),
    "ca-express": (
        "canada", "Express", (1, 3), True, False,
        {500: "19.50", 1000: "23.40", 2000: "28.90", 5000: "41.00", 10000: "59.00"},
    ),
    "us-packet": (
        "us", "Small packet", (6, 12), False, False, {200: "9.40", 500: "13.80", 1000: "20.60"},
    ),
    "us-parcel": (
        "us", "Tracked parcel", (5, 9), True, True,
        {500: "17.90", 1000: "24.50", 2000: "31.00", 5000: "47.00", 10000: "72.00"},
    ),
    "us-express": (
        "us", "Express", (2, 4), True, False,
        {500: "34.00", 1000: "41.00", 2000: "52.00", 5000: "84.00"},
    ),
    "world-packet": (
        "world", "Small packet by air", (8, 20), False, False,
        {200: "12.60", 500: "19.90", 1000: "34.80", 2000: "49.50"},
    ),
    "world-parcel": (
        "world", "Tracked parcel by air", (6, 14), True, False,
        {500: "34.50", 1000: "46.00", 2000: "68.00", 5000: "126.00", 10000: "214.00"},
    ),
    "world-surface": (
        "world", "Parcel by sea", (40, 90), True, True,
        {1000: "38.00", 2000: "45.00", 5000: "78.00", 10000: "119.00", 30000: "245.00"},
    ),
}  # fmt: skip


def load() -> None:
    """Create what is missing; rates that staff changed stay."""
    load_countries()
    zones = {}
    for code, (name, countries) in ZONES.items():
        zones[code], created = ShippingZone.objects.get_or_create(
            code=code, defaults={"name": name}
        )
        if created:
            zones[code].countries.set(Country.objects.filter(pk__in=countries))
    for position, (code, row) in enumerate(METHODS.items()):
        _load_method(code, row, zones[row[0]], position)


def _load_method(code: str, row: Any, zone: ShippingZone, position: int) -> None:
    _, name, (min_days, max_days), tracked, takes_loose, bands = row
    method, created = ShippingMethod.objects.get_or_create(
        code=code,
        defaults={
            "zone": zone,
            "name": name,
            "min_days": min_days,
            "max_days": max_days,
            "tracked": tracked,
            "takes_loose_batteries": takes_loose,
            "position": position,
        },
    )
    if created:
        WeightBand.objects.bulk_create(
            WeightBand(method=method, up_to_g=up_to, charge=Decimal(charge))
            for up_to, charge in bands.items()
        )
