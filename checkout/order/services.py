"""What the order desk does. Each act is one transaction under the order's lock; where Stripe has
a part in it, Stripe comes last, so that its "no" undoes the rest, and acting again is safe."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from catalog.partner.models import StockRecord
from checkout.holdings import release_offers, release_stock
from checkout.money import from_cents, rounded, to_cents
from checkout.order import emails
from checkout.order.models import (
    Line,
    Order,
    OrderNote,
    ShippingEvent,
    ShippingEventQuantity,
    ShippingEventType,
)
from checkout.order.states import NotAllowed, OrderState, check_move
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, Movement, MovementKind, PaymentAttempt
from checkout.payment.settlement import book, book_refund, cancelled, settle

if TYPE_CHECKING:
    from accounts.users.models import User


class DeskError(Exception):
    """It was not done, and nothing has changed. The text is for staff."""


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
    with _stripe_in_words(), transaction.atomic():
        locked = _locked(order)
        if same := _parcel_called(locked, carrier, tracking_number, wanted):
            return same
        lines = _lines_to_ship(locked, wanted)
        event = ShippingEvent.objects.create(
            order=locked, event_type=_shipped_type(), carrier=carrier,
            tracking_number=tracking_number, by=by,
        )  # fmt: skip
        _pack(event, lines, wanted)
        _derive_state(locked)
        emails.parcel_shipped(event)
        _take_payment(locked)
    return event


def cancel_order(*, order: Order, reason: str, by: "User | None") -> Order:
    """End an order: release or refund what has not shipped, in money and in stock.

    A second call changes nothing. Raises DeskError.
    """
    with _stripe_in_words(), transaction.atomic():
        locked = _locked(order)
        if locked.status == OrderState.CANCELLED:
            return locked
        try:
            check_move(locked.status, OrderState.CANCELLED)
        except NotAllowed as error:
            raise DeskError(str(error)) from error
        nothing_shipped = not locked.shipping_events.exists()
        _give_money_back(locked, reason, by)
        if nothing_shipped:
            release_offers(locked)
        release_stock(locked)
        locked.move_to(OrderState.CANCELLED)
        _note(locked, f"Cancelled: {reason}", by)
        emails.order_cancelled(locked, reason)
    return locked


def refund_order(*, order: Order, cents: int, reason: str, by: "User | None") -> Movement:
    """Give `cents` back to the card that paid, never more than is left. Raises DeskError."""
    _look_for_lost_refunds(order)
    with _stripe_in_words(), transaction.atomic():
        attempt = _attempt_of(_locked(order))
        left = attempt.captured_cents - attempt.refunded_cents if attempt else 0
        if attempt is None or not 0 < cents <= left:
            raise DeskError(f"Between 0.01 and {from_cents(left)} CAD can be given back.")
        # only those made here: one whose answer was lost keeps its key when a webhook books it
        made = attempt.movements.filter(kind=MovementKind.REFUND).exclude(reason="")
        before = made.count()
        return _refund(attempt, cents, f"{attempt.uuid}-{before}-{cents}", reason, by)


def add_note(*, order: Order, message: str, by: "User | None") -> OrderNote:
    """Keep a remark that only staff read."""
    return _note(order, message, by, kind=OrderNote.INFO)


# --- Parcels -------------------------------------------------------------------------------------


def _locked(order: Order) -> Order:
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)


def _attempt_of(order: Order) -> PaymentAttempt | None:
    attempt = order.attempts.first()
    if attempt is not None:
        attempt.order = order
    return attempt


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
    lines = {line.pk: line for line in order.lines.all()}
    if not wanted:
        raise DeskError("Nothing is in this parcel.")
    for pk, pieces in wanted.items():
        if pk not in lines:
            raise DeskError("A line in this parcel belongs to another order.")
        left = lines[pk].quantity - _shipped(order).get(pk, 0)
        if not 0 < pieces <= left:
            raise DeskError(f"{left} of {lines[pk].title} are left to ship, not {pieces}.")
    return [lines[pk] for pk in wanted]


def _shipped(order: Order) -> dict[int, int]:
    """How many pieces of each line have left."""
    sums: dict[int, int] = {}
    rows = ShippingEventQuantity.objects.filter(event__order=order)
    for line, pieces in rows.values_list("line_id", "quantity"):
        sums[line] = sums.get(line, 0) + pieces
    return sums


def _shipped_type() -> ShippingEventType:
    return ShippingEventType.objects.get_or_create(name="Shipped")[0]


def _pack(event: ShippingEvent, lines: list[Line], wanted: dict[int, int]) -> None:
    """Write what is in a parcel, and take it off the shelf in the order of stock records."""
    ShippingEventQuantity.objects.bulk_create(
        ShippingEventQuantity(event=event, line=line, quantity=wanted[line.pk]) for line in lines
    )
    for line in sorted(lines, key=lambda line: (line.stockrecord_id or 0, line.pk)):
        _off_the_shelf(line, wanted[line.pk])


def _off_the_shelf(line: Line, pieces: int) -> None:
    if not line.num_allocated or line.stockrecord_id is None:
        return  # its stock is not counted
    if not StockRecord.objects.ship(line.stockrecord_id, pieces):
        raise DeskError(f"{pieces} of {line.title} are not on the shelf.")
    line.num_allocated -= pieces
    line.save(update_fields=["num_allocated"])


def _derive_state(order: Order) -> None:
    shipped = _shipped(order)
    whole = all(shipped.get(line.pk, 0) == line.quantity for line in order.lines.all())
    state = OrderState.SHIPPED if whole else OrderState.PART_SHIPPED
    if order.status != state:
        order.move_to(state)


# --- Money ---------------------------------------------------------------------------------------


@contextmanager
def _stripe_in_words() -> Iterator[None]:
    """Say in words for staff what went wrong at Stripe."""
    try:
        yield
    except gateway.GatewayDown as error:
        text = "Stripe did not answer, and nothing was recorded here. Please try again in a minute."
        raise DeskError(text) from error
    except gateway.GatewayError as error:
        raise DeskError(f"Stripe refuses: {error}") from error


def _take_payment(order: Order) -> None:
    attempt = _attempt_of(order)
    if attempt is None or attempt.state == AttemptState.CAPTURED:
        return  # paid otherwise, or with an earlier parcel
    if attempt.state != AttemptState.AUTHORISED:
        raise DeskError("The payment of this order is not held any more: it cannot be taken.")
    try:
        intent = gateway.capture_intent(str(attempt.intent_id))
    except gateway.GatewayRefused:
        intent = gateway.retrieve_intent(str(attempt.intent_id))
    if intent.captured != attempt.amount_cents:
        raise DeskError(f"The payment cannot be taken: Stripe says it is {intent.status}.")
    book(attempt, intent)


def _give_money_back(order: Order, reason: str, by: "User | None") -> None:
    attempt = _attempt_of(order)
    if attempt is None:
        return
    if attempt.intent_id is None:
        unasked = PaymentAttempt.objects.filter(pk=attempt.pk, intent_id=None)
        if not unasked.update(state=AttemptState.CANCELLED):
            raise DeskError("The customer is paying right now. Please try again in a minute.")
        return
    if attempt.state in (AttemptState.OPEN, AttemptState.AUTHORISED):
        book(attempt, cancelled(attempt.intent_id))
    if attempt.state == AttemptState.CAPTURED:
        _refund_the_rest(order, attempt, reason, by)
    elif attempt.state != AttemptState.CANCELLED:
        raise DeskError("The payment is being worked on at Stripe. Please try again in a minute.")


def _refund_the_rest(order: Order, attempt: PaymentAttempt, reason: str, by: "User | None") -> None:
    """Refund what has not shipped, once: also if the answer to a first try was lost."""
    key = f"{attempt.uuid}-cancel"
    if made := gateway.refund_made(str(attempt.intent_id), key=key):
        _keep_refund(attempt, made, reason, by)
    elif cents := _value_left(order, attempt):
        _refund(attempt, cents, key, reason, by)


def _value_left(order: Order, attempt: PaymentAttempt) -> int:
    """What is owed back, in cents: all, or the share of the pieces that have not shipped."""
    left, shipped = attempt.captured_cents - attempt.refunded_cents, _shipped(order)
    if not shipped:
        return left
    value = sum(
        (
            line.line_price_incl_tax * (line.quantity - shipped.get(line.pk, 0)) / line.quantity
            for line in order.lines.all()
        ),
        Decimal(0),
    )
    return min(left, to_cents(rounded(value)))


def _refund(
    attempt: PaymentAttempt, cents: int, key: str, reason: str, by: "User | None"
) -> Movement:
    refund = gateway.refund_intent(str(attempt.intent_id), cents=cents, key=key)
    if refund.failed:
        raise DeskError("The customer's bank does not take the money back.")
    return _keep_refund(attempt, refund, reason, by)


def _keep_refund(
    attempt: PaymentAttempt, refund: gateway.Refund, reason: str, by: "User | None"
) -> Movement:
    """Write a refund into the books, which a webhook may have told of it already."""
    if not attempt.movements.filter(kind=MovementKind.REFUND, stripe_id=refund.id).exists():
        attempt.refunded_cents += refund.amount
        attempt.save(update_fields=["refunded_cents"])
    return book_refund(attempt, refund, reason=reason, by=by)


def _look_for_lost_refunds(order: Order) -> None:
    """Book refunds that Stripe made and we did not hear of, before another one is made."""
    attempt = _attempt_of(order)
    if attempt is None or attempt.intent_id is None:
        return
    with _stripe_in_words():
        settle(attempt.pk)
    now = PaymentAttempt.objects.get(pk=attempt.pk).refunded_cents
    if now != attempt.refunded_cents:
        raise DeskError(
            f"{from_cents(now - attempt.refunded_cents)} CAD had been given back already, which "
            "the books did not show. They do now: please look again before you refund more."
        )


def _note(order: Order, text: str, by: "User | None", kind: Any = OrderNote.SYSTEM) -> OrderNote:
    return OrderNote.objects.create(order=order, user=by, note_type=kind, message=text)
