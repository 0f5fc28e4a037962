"""The shipping methods as a table for the shipping policy."""

from itertools import groupby

from django.db.models import Max, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.shipping.models import ShippingMethod

CARRIER_RECEIVES = _(
    "gets your name and address, your phone number if you gave one, and, for packages that cross a "
    "border, the contents and their value."
)
_NONE = _("No shipping methods are available at the moment. Please call us.")


def methods_by_zone() -> str:
    """Return the active shipping methods by zone, as Markdown, in one query.

    Rates are left out: a published policy never changes, and checkout shows the current rates.
    """
    methods = list(_offered())
    zones = groupby(methods, key=lambda method: method.zone.name)
    return "\n\n".join(_table(name, list(rows)) for name, rows in zones) or str(_NONE)


def _offered() -> QuerySet[ShippingMethod]:
    priced = ShippingMethod.objects.filter(active=True, bands__isnull=False).select_related("zone")
    return priced.annotate(most=Max("bands__up_to_g")).order_by("zone__pk", "position", "code")


def _table(zone: str, methods: list[ShippingMethod]) -> str:
    rows = [
        f"| {each.name} | {_days(each)} | {_yes(each.tracked)} | "
        f"{_yes(each.takes_loose_batteries)} | {_weight(each)} |"
        for each in methods
    ]
    head = gettext("| Method | Business days | Tracking | Loose batteries | Up to |")
    return "\n".join([f"### {zone}", "", head, "| --- | --- | --- | --- | --- |", *rows])


def _days(method: ShippingMethod) -> str:
    few, many = method.min_days, method.max_days
    return str(few) if few == many else gettext("%(min)d to %(max)d") % {"min": few, "max": many}


def _weight(method: ShippingMethod) -> str:
    grams: int = method.most  # type: ignore[attr-defined]
    return f"{grams / 1000:g} kg" if grams >= 1000 else f"{grams} g"


def _yes(value: bool) -> str:
    return gettext("yes") if value else gettext("no")
