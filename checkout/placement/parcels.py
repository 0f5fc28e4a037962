"""What ships in one parcel: an order with its additions, or several orders of one customer."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext

from checkout.order.lines import line_progress
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order.shipping_blocks import shipping_block
from checkout.order.states import OrderState
from checkout.placement.quote_lines import ZERO
from checkout.shipping.destination import Destination
from checkout.shipping.engine import WITH_FACTS, Answer, Item, answer, items_from
from checkout.shipping.sample_line import SampleLine
from checkout.shipping.services import AvailableMethod
from microflight.core.text import fold

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


_RECIPIENT = ("first_name", "last_name", "line1", "line2", "line3", "line4", "state", "postcode")


def parcels(orders: Iterable[Order]) -> list[list[Order]]:
    """Group orders that can ship in one parcel, in the given order.

    They have the same email, recipient, address in Canada and shipping method, which takes their
    items together. Their `shipping_address`, `additions` and `attempts` are read, and
    a fixed number of queries runs for each group of two or more.
    """
    groups: dict[object, list[Order]] = {}
    for order in orders:
        groups.setdefault(_recipient(order) or order.pk, []).append(order)
    found = []
    for group in groups.values():
        found += [group] if len(group) == 1 or _fit(group) else [[order] for order in group]
    return found


def _recipient(order: Order) -> tuple[str, ...]:
    """Return who gets the parcel; () for a pickup, an order that must not ship, or a customs
    declaration, which is about one order."""
    address = order.shipping_address
    if address is None or order.is_pickup or not order.email_key or address.country_id != "CA":
        return ()
    if shipping_block(order):
        return ()
    keys = (order.email_key, order.shipping_code)
    return (*keys, *("".join(fold(getattr(address, at)).split()) for at in _RECIPIENT))


def _fit(orders: Collection[Order]) -> bool:
    """Tell whether the shipping method of the orders takes all that is left to ship."""
    first = next(iter(orders))
    address = first.shipping_address
    if address is None:
        return False
    to = Destination(address.country_id, address.state, address.postcode)
    try:
        items = items_from([line for each in orders for line in _lines(each)])
    except OrderActionError:
        return False
    subtotal = sum((each.total_excl_tax - each.shipping_excl_tax for each in orders), ZERO)
    found = answer(items, to, timezone.localdate(), subtotal=subtotal).services
    return first.shipping_code in {each.code for each in found}
