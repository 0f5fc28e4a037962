"""The shipping methods as a table for the shipping policy."""

from itertools import groupby
from operator import attrgetter

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.facts import Battery
from checkout.shipping.battery_types import BatteryTypes
from checkout.shipping.models import MethodZone, ShippingRate, ShippingZone
from checkout.shipping.rates import rates_in_force

CARRIER_RECEIVES = _(
    "gets your name and address, your phone number if you gave one, and, for packages that cross a "
    "border, the contents and their value."
)
_NONE = _("No shipping methods are available at the moment. Please call us.")


def methods_by_zone() -> str:
    """Return the active shipping methods by zone, as Markdown, in three queries.

    Rates are left out: a published policy never changes, and checkout shows the current rates.
    """
    rates = rates_in_force(timezone.localdate())
    zones = [(zone, list(rows)) for zone, rows in groupby(rates, attrgetter("method_zone.zone"))]
    batteries = BatteryTypes([zone for zone, _rows in zones])
    return "\n\n".join(_table(zone, rows, batteries) for zone, rows in zones) or str(_NONE)


def _table(zone: ShippingZone, rates: list[ShippingRate], batteries: BatteryTypes) -> str:
    methods = groupby(rates, key=attrgetter("method_zone"))
    head = gettext("| Method | Business days | Tracking | Lithium batteries | Up to |")
    rows = [_row(to, list(rows)[-1].up_to_g, batteries) for to, rows in methods]
    return "\n".join([f"### {zone.name}", "", head, "| --- | --- | --- | --- | --- |", *rows])


def _row(to: MethodZone, most_g: int, batteries: BatteryTypes) -> str:
    method = to.method
    most = min(most_g, method.max_weight_g)
    return (
        f"| {method.name} | {_days(to)} | {_yes(method.tracked)} | "
        f"{_batteries(batteries.accepted(to))} | {_weight(most)} |"
    )


def _batteries(accepted: frozenset[str]) -> str:
    if not accepted:
        return gettext("no")
    return gettext("yes") if Battery.LOOSE in accepted else gettext("in or with a product")


def _days(to: MethodZone) -> str:
    few, many = to.min_days, to.max_days
    return str(few) if few == many else gettext("%(min)d to %(max)d") % {"min": few, "max": many}


def _weight(grams: int) -> str:
    return f"{grams / 1000:g} kg" if grams >= 1000 else f"{grams} g"


def _yes(value: bool) -> str:
    return gettext("yes") if value else gettext("no")
