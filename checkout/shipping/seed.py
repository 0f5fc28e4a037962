"""Demo shipping zones, methods, rates and cartons, and the first rules and import charges.

All prices, times and cartons are INVENTED; they are not those of any carrier. Staff replace them in
the admin. Rules and charges come from carriers and authorities; staff change them.
"""

from datetime import date
from pathlib import Path
from typing import Any

from oscar.apps.address.models import Country

from catalog.seed.countries import load_countries
from checkout.shipping.models import (
    MethodZone,
    ShippingMethod,
    ShippingRate,
    ShippingZone,
    Surcharge,
)
from microflight.core.seed_rows import load_rows, read_toml

DATA = Path(__file__).parent / "seed_data"
ZONES = {"canada": ("Canada", ["CA"]), "us": ("United States", ["US"]), "world": ("World", [])}
#: Members of the European Union, in rules and charges of a new shop.
EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
#: Each method to one zone, by its code.
SERVICES = read_toml(DATA / "services.toml")
#: The first day of the invented prices.
FIRST_DAY = date(2020, 1, 1)

_PICKUP = {
    "name": "Pickup in Saskatoon", "pickup": True, "tracked": False, "position": len(SERVICES),
}  # fmt: skip
_CLASSES = {
    "canada": Surcharge.DOMESTIC, "us": Surcharge.US, "world": Surcharge.INTERNATIONAL,
}  # fmt: skip


def load() -> None:
    """Create what is missing; what staff changed stays."""
    load_countries()
    zones = {}
    for code, (name, countries) in ZONES.items():
        zones[code], created = ShippingZone.objects.get_or_create(
            code=code, defaults={"name": name}
        )
        if created:
            zones[code].countries.set(Country.objects.filter(pk__in=countries))
    load_rows(DATA / "rules.toml", EU=EU)
    load_charges()
    for position, (code, service) in enumerate(SERVICES.items()):
        _load_method(code, service, zones[service["zone"]], position)
    ShippingMethod.objects.get_or_create(code="pickup", defaults=_PICKUP)
    load_rows(DATA / "cartons.toml")


def load_charges() -> None:
    """Create missing import charges."""
    load_rows(DATA / "import_charges.toml", EU=EU)


def _load_method(code: str, service: dict[str, Any], zone: ShippingZone, position: int) -> None:
    prices = {int(grams): price for grams, price in service["rates"].items()}
    divisor = service.get("volumetric_divisor")
    method, created = ShippingMethod.objects.get_or_create(
        code=code,
        defaults={
            "name": service["name"],
            "tracked": service["tracked"],
            "max_weight_g": max(prices),
            "max_parcels": 5 if divisor else 1,  # letters and packets are single
            "volumetric_divisor": divisor,
            "surcharge": _CLASSES[service["zone"]],
            "position": position,
        },
    )
    if created:
        first, last = service["days"]
        to = MethodZone.objects.create(method=method, zone=zone, min_days=first, max_days=last)
        ShippingRate.objects.bulk_create(
            ShippingRate(method_zone=to, effective_from=FIRST_DAY, up_to_g=grams, price=price)
            for grams, price in prices.items()
        )
