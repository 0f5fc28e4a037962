"""Zones and services in the words of the shipping policy."""

from itertools import groupby

from django.db.models import Max, QuerySet

from checkout.shipping.models import Service

CARRIER_GETS = (
    "gets your name and address, your telephone number if you gave one, and for parcels that cross "
    "a border what is inside and what it is worth."
)
_NONE = "At present no service is set up: call us."


def services_and_zones() -> str:
    """Return the services that are on now, zone by zone, as Markdown: one query.

    Charges are left out: a text stays as it was published, and checkout shows what holds.
    """
    services = list(_offered())
    zones = groupby(services, key=lambda service: service.zone.name)
    return "\n\n".join(_table(name, list(rows)) for name, rows in zones) or _NONE


def _offered() -> QuerySet[Service]:
    priced = Service.objects.filter(active=True, bands__isnull=False).select_related("zone")
    return priced.annotate(most=Max("bands__up_to_g")).order_by("zone__pk", "position", "code")


def _table(zone: str, services: list[Service]) -> str:
    rows = [
        f"| {each.name} | {_days(each)} | {_yes(each.tracked)} | "
        f"{_yes(each.takes_loose_batteries)} | {_weight(each)} |"
        for each in services
    ]
    head = "| Service | Days | Tracked | Loose cells | Up to |\n| --- | --- | --- | --- | --- |"
    return "\n".join([f"### {zone}", "", head, *rows])


def _days(service: Service) -> str:
    few, many = service.min_days, service.max_days
    return str(few) if few == many else f"{few} to {many}"


def _weight(service: Service) -> str:
    grams: int = service.most  # type: ignore[attr-defined]
    return f"{grams / 1000:g} kg" if grams >= 1000 else f"{grams} g"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
