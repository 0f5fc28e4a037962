"""What leaves the shop: shipments, and items that need no shipping, such as a course.

Those are delivered once the payment of their order is captured. They get a shipping event like
shipped items, so that states, stock, refunds and audits follow from events for both.
"""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext

from accounts.users.models import User
from catalog.partner import ledger
from checkout.order.lines import line_progress, update_states
from checkout.order.locking import OrderActionError
from checkout.order.models import (
    Line,
    Order,
    ShippingEvent,
    ShippingEventQuantity,
    ShippingEventType,
)
from checkout.order.states import OrderState

#: The name of the type of a delivery without a shipment.
WITHOUT_SHIPPING = "Delivered without shipping"

#: An event, and the units of each line in it.
Contents = tuple[ShippingEvent, dict[Line, int]]


def deliver(order: Order, *, by: User | None = None) -> None:
    """Deliver what needs no shipping and is in stock, and update the states.

    The caller has locked the order, and its payment is captured. A second call changes nothing.
    Raises OrderActionError.
    """
    if delivery := new_delivery(order, by=by):
        record_contents([delivery])
        update_states(order)


def new_delivery(
    order: Order, *, by: User | None, besides: Collection[int] = ()
) -> Contents | None:
    """Return the delivery of what needs no shipping and is in stock, other than the lines
    `besides`; the caller records its contents. None if there is nothing to deliver."""
    if order.status not in (OrderState.PLACED, OrderState.PART_SHIPPED):
        return None
    lines = order.lines.filter(requires_shipping=False).exclude(pk__in=besides)
    progress = line_progress(order, lines.select_related("stockrecord").order_by("pk"))
    if not (ready := {each.line: each.ready for each in progress if each.ready}):
        return None
    event_type = ShippingEventType.objects.get_or_create(name=WITHOUT_SHIPPING)[0]
    return order.shipping_events.create(event_type=event_type, by=by), ready


def record_contents(deliveries: Sequence[Contents]) -> None:
    """Record what is in these events, and take it from stock, in the order of stock records.

    Raises OrderActionError.
    """
    rows = [
        (event, line, quantity)
        for event, quantities in deliveries
        for line, quantity in quantities.items()
    ]
    ShippingEventQuantity.objects.bulk_create(
        ShippingEventQuantity(event=event, line=line, quantity=quantity)
        for event, line, quantity in rows
    )
    for event, line, quantity in sorted(
        rows, key=lambda row: (row[1].stockrecord_id or 0, row[1].pk)
    ):
        _take_from_stock(line, quantity, event.by)


def _take_from_stock(line: Line, quantity: int, by: User | None) -> None:
    if not line.num_allocated or line.stockrecord_id is None:
        return  # its stock is not tracked
    try:
        ledger.ship(line.stockrecord_id, quantity, reference=f"order:{line.order.number}", by=by)
    except ledger.NotOnHand as error:
        message = gettext("%(product)s: %(quantity)d not on hand.")
        raise OrderActionError(message % {"product": line.title, "quantity": quantity}) from error
    line.num_allocated -= quantity
    line.save(update_fields=["num_allocated"])
