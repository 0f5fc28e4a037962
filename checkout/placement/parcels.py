"""What an order and its additions hold that ship in one parcel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext

from checkout.order.lines import line_progress
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.placement.quote_lines import ZERO
from checkout.shipping.destination import Destination
from checkout.shipping.engine import WITH_FACTS, Answer, Item, answer, items_from
from checkout.shipping.sample_line import SampleLine
from checkout.shipping.services import AvailableMethod

_STOCK = tuple(f"stockrecord__{each}" for each in WITH_FACTS)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to ship with subtotal (CAD before tax), and the services that take it today."""

    items: tuple[Item, ...] = ()
    subtotal: Decimal = ZERO
    services: Mapping[str, AvailableMethod] = field(default_factory=dict)

    def charge(self, code: str) -> Decimal:
        """Return what a service costs for it today; 0 if the service does not take it."""
        return self.services[code].charge if code in self.services else ZERO

    def answer_with(self, items: Iterable[Item], to: Destination, subtotal: Decimal) -> Answer:
        """Return which services take it together with more items; `subtotal` is that of both."""
        return answer([*self.items, *items], to, timezone.localdate(), subtotal=subtotal)


def parcel_of(order: Order | None, to: Destination) -> Parcel:
    """Return what is left to ship of an order and of what was added to it, to a destination.

    Raises OrderActionError if a product was deleted: then nothing is known about its parcel.
    """
    if order is None:
        return Parcel()
    added = order.additions.filter(status__in=(OrderState.PENDING, OrderState.PLACED))
    orders = [order, *added.order_by("pk")]
    items = items_from([line for each in orders for line in _lines(each)])
    subtotal = sum((each.total_excl_tax - each.shipping_excl_tax for each in orders), ZERO)
    found = answer(items, to, timezone.localdate(), subtotal=subtotal).services if items else ()
    return Parcel(tuple(items), subtotal, {each.code: each for each in found})


def _lines(order: Order) -> list[SampleLine]:
    rows = order.lines.filter(requires_shipping=True).select_related(*_STOCK)
    lines = []
    for each in line_progress(order, rows.order_by("pk"), with_stock=False):
        if not each.remaining:
            continue
        if each.line.stockrecord is None:
            text = gettext("%(product)s was deleted, so its shipping cannot be checked.")
            raise OrderActionError(text % {"product": each.line.title})
        lines.append(SampleLine(each.line.stockrecord, each.remaining))
    return lines
