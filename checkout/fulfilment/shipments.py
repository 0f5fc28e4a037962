"""Shipments. The first shipment of an order captures its payment, and so delivers the items that
need no shipping."""

from django.db import transaction
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.documents import customs
from checkout.documents.customs import CustomsEntry
from checkout.fulfilment.capture_actions import capture_payment
from checkout.order import emails
from checkout.order.delivery import new_delivery, record_contents
from checkout.order.lines import LineProgress, line_progress, update_states
from checkout.order.locking import OrderActionError, lock_order, readable_stripe_errors
from checkout.order.models import Line, Order, ShippingEvent, ShippingEventType
from checkout.order.shipping_blocks import is_held, shipping_block
from checkout.order.states import OrderState


def create_shipment(
    *,
    order: Order,
    quantities: dict[int, int],
    carrier: str,
    tracking_number: str,
    by: User | None,
    customs_entry: CustomsEntry = CustomsEntry(),  # noqa: B008 (immutable)
) -> ShippingEvent:
    """Ship items of an order: {line: quantity}. The first shipment captures the whole payment.

    A second call with the same carrier, tracking number and quantities returns the same shipment.
    Raises OrderActionError, also if customs data of an international shipment is incomplete.
    """
    quantities = {pk: quantity for pk, quantity in quantities.items() if quantity}
    with readable_stripe_errors(), transaction.atomic():
        locked = lock_order(order)
        if existing := _existing_shipment(locked, carrier, tracking_number, quantities):
            return existing
        lines = _lines_to_ship(locked, quantities)
        declared = customs.declare(locked, quantities, customs_entry)
        capture_payment(locked, by=by)  # before stock is locked: shoppers must not wait for Stripe
        event = _new_event(locked, carrier, tracking_number, by)
        customs.freeze(declared, event)
        delivery = new_delivery(locked, by=by, besides=quantities)
        contents = (event, {line: quantities[line.pk] for line in lines})
        record_contents([contents, delivery] if delivery else [contents])
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


def _new_event(order: Order, carrier: str, number: str, by: User | None) -> ShippingEvent:
    shipped = ShippingEventType.objects.get_or_create(name="Shipped")[0]
    return order.shipping_events.create(
        event_type=shipped, carrier=carrier, tracking_number=number, by=by
    )


def _lines_to_ship(order: Order, quantities: dict[int, int]) -> list[Line]:
    if order.status not in (OrderState.PLACED, OrderState.PART_SHIPPED):
        message = gettext("An order that is %(state)s cannot be shipped.")
        raise OrderActionError(message % {"state": order.status})
    if reason := shipping_block(order):
        raise OrderActionError(reason)
    progress = {each.line.pk: each for each in line_progress(order)}
    if not quantities:
        raise OrderActionError(gettext("Select at least one item to ship."))
    for pk, quantity in quantities.items():
        if pk not in progress:
            raise OrderActionError(gettext("One of these lines belongs to another order."))
        if is_held(order, progress[pk].line):
            text = gettext("%(product)s is on hold until the shop reopens.")
            raise OrderActionError(text % {"product": progress[pk].line.title})
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
