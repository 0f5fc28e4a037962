"""Shipments. The first shipment of an order captures its payment."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext

from catalog.partner import ledger
from checkout.fulfilment.capture_actions import capture_payment
from checkout.order import emails
from checkout.order.lines import LineProgress, line_progress, update_states
from checkout.order.locking import OrderActionError, lock_order, readable_stripe_errors
from checkout.order.models import (
    Line,
    Order,
    ShippingEvent,
    ShippingEventQuantity,
    ShippingEventType,
)
from checkout.order.states import OrderState

if TYPE_CHECKING:
    from accounts.users.models import User


def create_shipment(
    *,
    order: Order,
    quantities: dict[int, int],
    carrier: str,
    tracking_number: str,
    by: "User | None",
) -> ShippingEvent:
    """Ship items of an order: {line: quantity}. The first shipment captures the whole payment.

    A second call with the same carrier, tracking number and quantities returns the same shipment.
    Raises OrderActionError.
    """
    quantities = {pk: quantity for pk, quantity in quantities.items() if quantity}
    with readable_stripe_errors(), transaction.atomic():
        locked = lock_order(order)
        if existing := _existing_shipment(locked, carrier, tracking_number, quantities):
            return existing
        lines = _lines_to_ship(locked, quantities)
        capture_payment(locked, by=by)  # before stock is locked: shoppers must not wait for Stripe
        event = locked.shipping_events.create(
            event_type=_shipped(), carrier=carrier, tracking_number=tracking_number, by=by
        )
        _record_contents(event, lines, quantities)
        update_states(locked)
        emails.shipment_sent(event)
    return event


def _existing_shipment(
    order: Order, carrier: str, tracking_number: str, quantities: dict[int, int]
) -> ShippingEvent | None:
    if not tracking_number:
        return None
    for event in order.shipping_events.filter(carrier=carrier, tracking_number=tracking_number):
        if dict(event.line_quantities.values_list("line_id", "quantity")) == quantities:
            return event
    return None


def _shipped() -> ShippingEventType:
    return ShippingEventType.objects.get_or_create(name="Shipped")[0]


def _lines_to_ship(order: Order, quantities: dict[int, int]) -> list[Line]:
    if order.status not in (OrderState.PLACED, OrderState.PART_SHIPPED):
        message = gettext("An order that is %(state)s cannot be shipped.")
        raise OrderActionError(message % {"state": order.status})
    progress = {each.line.pk: each for each in line_progress(order)}
    if not quantities:
        raise OrderActionError(gettext("Select at least one item to ship."))
    for pk, quantity in quantities.items():
        if pk not in progress:
            raise OrderActionError(gettext("One of these lines belongs to another order."))
        _check_quantity(progress[pk], quantity)
    return [progress[pk].line for pk in quantities]


def _check_quantity(progress: LineProgress, quantity: int) -> None:
    facts = {
        "product": progress.line.title,
        "quantity": quantity,
        "remaining": progress.remaining,
        "ready": progress.ready,
    }
    if not 0 < quantity <= progress.remaining:
        message = gettext("%(product)s: %(remaining)d left to ship, not %(quantity)d.")
        raise OrderActionError(message % facts)
    if quantity > progress.ready:
        message = gettext(
            "%(product)s: only %(ready)d of %(quantity)d can ship now. The rest is on backorder or "
            "reserved for older orders."
        )
        raise OrderActionError(message % facts)


def _record_contents(event: ShippingEvent, lines: list[Line], quantities: dict[int, int]) -> None:
    """Record what is in a shipment, and take it from stock, in the order of stock records."""
    ShippingEventQuantity.objects.bulk_create(
        ShippingEventQuantity(event=event, line=line, quantity=quantities[line.pk])
        for line in lines
    )
    for line in sorted(lines, key=lambda line: (line.stockrecord_id or 0, line.pk)):
        _take_from_stock(line, quantities[line.pk], event.by)


def _take_from_stock(line: Line, quantity: int, by: "User | None") -> None:
    if not line.num_allocated or line.stockrecord_id is None:
        return  # its stock is not tracked
    try:
        ledger.ship(line.stockrecord_id, quantity, reference=f"order:{line.order.number}", by=by)
    except ledger.NotOnHand as error:
        message = gettext("%(product)s: %(quantity)d are not on hand.")
        raise OrderActionError(message % {"product": line.title, "quantity": quantity}) from error
    line.num_allocated -= quantity
    line.save(update_fields=["num_allocated"])
