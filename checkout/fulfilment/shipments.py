"""Parcels: what leaves, off the shelf and on its way. The first one takes the payment."""

from typing import TYPE_CHECKING

from django.db import transaction

from catalog.partner import ledger
from checkout.fulfilment.capture import take_payment
from checkout.order import emails
from checkout.order.lines import Standing, derive, standings_of
from checkout.order.locking import (
    DeskError,
    locked_row,
    stripe_in_words,
)
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


def ship_parcel(
    *,
    order: Order,
    quantities: dict[int, int],
    carrier: str,
    tracking_number: str,
    by: "User | None",
) -> ShippingEvent:
    """Send pieces of an order: {line: pieces}. The first parcel takes the whole payment.

    The same tracking number with the same pieces is the same parcel. Raises DeskError.
    """
    wanted = {pk: pieces for pk, pieces in quantities.items() if pieces}
    with stripe_in_words(), transaction.atomic():
        locked = locked_row(order)
        if same := _parcel_called(locked, carrier, tracking_number, wanted):
            return same
        lines = _lines_to_ship(locked, wanted)
        take_payment(locked, by=by)  # before the shelf is locked: buyers must not wait for Stripe
        event = ShippingEvent.objects.create(
            order=locked, event_type=_shipped_type(), carrier=carrier,
            tracking_number=tracking_number, by=by,
        )  # fmt: skip
        _pack(event, lines, wanted)
        derive(locked)
        emails.parcel_shipped(event)
    return event


def _parcel_called(
    order: Order, carrier: str, number: str, wanted: dict[int, int]
) -> ShippingEvent | None:
    """The parcel that was shipped already, if this is a second call for it."""
    if not number:
        return None
    for event in order.shipping_events.filter(carrier=carrier, tracking_number=number):
        if dict(event.line_quantities.values_list("line_id", "quantity")) == wanted:
            return event
    return None


def _lines_to_ship(order: Order, wanted: dict[int, int]) -> list[Line]:
    if order.status not in (OrderState.PLACED, OrderState.PART_SHIPPED):
        raise DeskError(f"An order that is {order.status} cannot be shipped.")
    found = {standing.line.pk: standing for standing in standings_of(order)}
    if not wanted:
        raise DeskError("Nothing is in this parcel.")
    for pk, pieces in wanted.items():
        if pk not in found:
            raise DeskError("A line in this parcel belongs to another order.")
        _check_pieces(found[pk], pieces)
    return [found[pk].line for pk in wanted]


def _check_pieces(standing: Standing, pieces: int) -> None:
    title, left, ready = standing.line.title, standing.left, standing.ready
    if not 0 < pieces <= left:
        raise DeskError(f"{left} of {title} are left to ship, not {pieces}.")
    if pieces > ready:
        raise DeskError(
            f"{pieces} of {title} are not on the shelf for this order: {ready} can leave now. "
            "The rest waits for stock, and older orders come first."
        )


def _shipped_type() -> ShippingEventType:
    return ShippingEventType.objects.get_or_create(name="Shipped")[0]


def _pack(event: ShippingEvent, lines: list[Line], wanted: dict[int, int]) -> None:
    """Write what is in a parcel, and take it off the shelf in the order of stock records."""
    ShippingEventQuantity.objects.bulk_create(
        ShippingEventQuantity(event=event, line=line, quantity=wanted[line.pk]) for line in lines
    )
    for line in sorted(lines, key=lambda line: (line.stockrecord_id or 0, line.pk)):
        _off_the_shelf(line, wanted[line.pk], event.by)


def _off_the_shelf(line: Line, pieces: int, by: "User | None") -> None:
    if not line.num_allocated or line.stockrecord_id is None:
        return  # its stock is not counted
    try:
        ledger.ship(line.stockrecord_id, pieces, reference=f"order:{line.order.number}", by=by)
    except ledger.NotOnHand as error:
        raise DeskError(f"{pieces} of {line.title} are not on the shelf.") from error
    line.num_allocated -= pieces
    line.save(update_fields=["num_allocated"])
