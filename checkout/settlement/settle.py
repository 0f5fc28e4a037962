"""settle(): the only way an order and its books follow what Stripe says.

It is called alike by the checkout page, the browser that comes back from its bank, the webhook
and the reconcile job. The order is locked while Stripe is asked, so that no caller acts on an
answer that another one has made old; calling it twice, at once or out of order changes nothing.
"""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from checkout.order import emails
from checkout.order.errors import CheckoutError
from checkout.order.lines import cancel_remaining
from checkout.order.models import Order
from checkout.order.reservations import release, reserve_again
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import (
    AttemptState,
    MovementKind,
    PaymentAttempt,
    StripeEvent,
)
from checkout.payment.stripe_gateway import Intent
from checkout.settlement.alerts import alert
from checkout.settlement.capture import charge_early
from checkout.settlement.disputes import DISPUTES, tell_of_dispute
from checkout.settlement.radar import RADAR, tell_of_radar
from checkout.settlement.records import book, book_refund, book_refunds, record
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import from_cents

UNPAID = (OrderState.PENDING, OrderState.EXPIRED, OrderState.CANCELLED)

#: Events after which our books may have to move; Stripe sends many more.
MOVING = {
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.canceled",
    "charge.captured",
    "charge.refunded",
    "charge.refund.updated",
    *DISPUTES,
    *RADAR,
    "refund.updated",
    "refund.failed",
}
#: Of these, what tells of a single refund.
_REFUNDS = {"charge.refunded", "charge.refund.updated", "refund.updated", "refund.failed"}


class BasketTaken(CheckoutError):
    """The cart of a lapsed order has become another order."""


def settle(attempt_id: int) -> Order:
    """Ask Stripe and move the order accordingly; return it. Raises GatewayError, unchanged."""
    return _with_lock(attempt_id, _look)


def keep_event(event: gateway.Event) -> StripeEvent:
    """Store an event once, however often and by whichever way it comes."""
    facts = {"type": event.type, "object_id": event.object_id, "intent_id": event.intent_id}
    return StripeEvent.objects.get_or_create(event_id=event.id, defaults=facts)[0]


def settle_event(attempt: PaymentAttempt, event: StripeEvent) -> Order:
    """Settle what an event is about, and tell staff what only the event says."""
    order = _with_lock(attempt.pk, _look_closely if event.type in _REFUNDS else _look)
    if event.type in DISPUTES:
        tell_of_dispute(order, event)
    elif event.type in RADAR:
        tell_of_radar(order, event)
    return order


def close(attempt_id: int) -> Order:
    """Give an unpaid order up: cancel at Stripe, then give stock and cart back.

    An order that turns out to be paid is placed instead. Raises GatewayError, unchanged.
    """
    return _with_lock(attempt_id, _look_and_cancel)


_LOCKED_ORDER = CompiledQuery(
    lambda attempt: Order.objects.select_for_update(of=("self",)).filter(attempts=attempt)
)
_ATTEMPT = CompiledQuery(lambda pk: PaymentAttempt.objects.filter(pk=pk))


def lock(attempt_id: int) -> PaymentAttempt:
    """Return the attempt with its order's row locked: whoever changes either locks this way."""
    order = _LOCKED_ORDER.get(attempt_id)
    attempt = _ATTEMPT.get(attempt_id)
    attempt.order = order
    return attempt


@transaction.atomic
def _with_lock(attempt_id: int, act: Callable[[PaymentAttempt], None]) -> Order:
    attempt = lock(attempt_id)
    with gateway.under_lock():
        act(attempt)
    return attempt.order


def _look(attempt: PaymentAttempt) -> None:
    if attempt.intent_id:
        follow(attempt, gateway.retrieve_intent(attempt.intent_id))
    elif not attempt.amount_cents and attempt.state == AttemptState.OPEN:
        _place_free(attempt)


def _look_closely(attempt: PaymentAttempt) -> None:
    """As `_look`, refund by refund: one that failed and one made since leave the sum as it was."""
    intent = gateway.retrieve_intent(str(attempt.intent_id))
    follow(attempt, intent)
    if intent.captured:
        book_refunds(attempt, intent)
        attempt.save(update_fields=["refunded_cents"])


def _place_free(attempt: PaymentAttempt) -> None:
    """A voucher paid for everything, delivery included: there is nothing to ask Stripe."""
    attempt.move_to(AttemptState.CAPTURED)
    attempt.save(update_fields=["state"])
    _place(attempt)


def _look_and_cancel(attempt: PaymentAttempt) -> None:
    order = attempt.order
    current = order.attempts.first() or attempt  # another one may have replaced it just now
    current.order = order
    if current.intent_id is None:
        if order.status == OrderState.PENDING:
            _lapse_unasked(current)
        return
    intent = gateway.retrieve_intent(current.intent_id)
    if intent.is_open:
        intent = cancelled(intent.id)
    follow(current, intent, closing=True)


def cancelled(intent_id: str) -> Intent:
    """Cancel at Stripe; what Stripe refuses to cancel has moved on, and is looked at again."""
    try:
        return gateway.cancel_intent(intent_id)
    except gateway.GatewayRefused:
        return gateway.retrieve_intent(intent_id)


def _lapse_unasked(attempt: PaymentAttempt) -> None:
    """Close an attempt that never reached Stripe, unless its intent is stored just now."""
    if attempt.close_unasked():
        _lapse(attempt)


def follow(attempt: PaymentAttempt, intent: Intent, *, closing: bool = False) -> None:
    """Bring the books and the order in line with the intent. The caller holds the lock.

    `closing`: an order that is not paid ends, also where its intent alone was used up.
    """
    if intent.is_authorised and not _agrees(attempt, intent):
        _on_wrong_amount(attempt, intent)
        return
    was = attempt.state
    book(attempt, intent)
    if intent.captured and intent.captured != attempt.due_cents:
        taken, due = from_cents(intent.captured), from_cents(attempt.due_cents)
        only = "Only " if intent.captured < attempt.due_cents else ""
        alert(attempt.order, f"{only}{taken} of {due} {intent.currency} was taken at Stripe.")
    if attempt.state == AttemptState.PROCESSING and intent.is_open:
        intent = cancelled(intent.id)  # the bank said no, and nobody waits at the till
        book(attempt, intent)
    if intent.is_cancelled:
        _on_cancelled(attempt, was, used_up=intent.is_used_up and not closing)
    elif intent.is_authorised:
        _on_authorised(attempt, intent)
        if intent.status == "requires_capture" and (charged := charge_early(attempt)):
            follow(attempt, charged)


def _agrees(attempt: PaymentAttempt, intent: Intent) -> bool:
    return (intent.amount, intent.currency) == (attempt.amount_cents, attempt.currency)


def _on_wrong_amount(attempt: PaymentAttempt, intent: Intent) -> None:
    if attempt.order.status not in UNPAID:
        alert(attempt.order, "Stripe holds another amount than was ordered.")
    elif attempt.state != AttemptState.CANCELLED or intent.status == "requires_capture":
        _refuse(attempt, intent, "The amount paid is not the amount of the order.")


# --- The order -----------------------------------------------------------------------------------


def _on_authorised(attempt: PaymentAttempt, intent: Intent) -> None:
    order = attempt.order
    if order.status == OrderState.PENDING:
        _place(attempt)
    elif order.status == OrderState.EXPIRED:
        _place_late(attempt, intent)
    elif order.status == OrderState.CANCELLED and intent.status == "requires_capture":
        _refuse(attempt, intent, "The order was cancelled before it was paid.")


def _place(attempt: PaymentAttempt) -> None:
    attempt.order.move_to(OrderState.PLACED)
    emails.order_received(attempt.order)


def _place_late(attempt: PaymentAttempt, intent: Intent) -> None:
    """Money came for an order that had lapsed: keep it if everything can still be had."""
    order = attempt.order
    try:
        with transaction.atomic():
            if order.basket_id and Order.objects.live().filter(basket=order.basket_id).exists():
                raise BasketTaken("The same cart has been ordered again.")
            reserve_again(order)
    except CheckoutError as error:
        _refuse(attempt, intent, error.reason)
    else:
        _place(attempt)


def _refuse(attempt: PaymentAttempt, intent: Intent, why: str) -> None:
    """Give money back that belongs to no order of ours, and tell the staff."""
    record(attempt, MovementKind.AUTHORISE, intent.amount, intent.id)
    if intent.status == "requires_capture":
        gateway.cancel_intent(intent.id)
        record(attempt, MovementKind.VOID, intent.amount, intent.id)
    elif left := intent.captured - intent.refunded:
        gateway.refund_intent(intent.id, cents=left, key=f"{attempt.uuid}-refused")
    back = _book_refused(attempt, intent, why) if intent.captured else intent.amount
    attempt.move_to(AttemptState.CANCELLED)
    attempt.last_error = why[:255]
    attempt.save(update_fields=["state", "refunded_cents", "last_error"])
    alert(attempt.order, f"{_what_went_back(intent, back)}: {why}")
    if attempt.order.status != OrderState.CANCELLED:
        _end(attempt.order, OrderState.CANCELLED)
        emails.order_cancelled(attempt.order, why)


def _book_refused(attempt: PaymentAttempt, intent: Intent, why: str) -> int:
    """Write that money was taken and what went back, and tell the shopper so; return the cents
    that did: none of what the customer's bank does not take."""
    record(attempt, MovementKind.CAPTURE, intent.captured, intent.id)
    made = [refund for refund in gateway.refunds_of(intent) if not refund.failed]
    for refund in made:
        book_refund(attempt, refund, reason=why)
    back = sum(refund.amount for refund in made)
    attempt.refunded_cents = min(back, attempt.captured_cents)  # 0 where another amount was taken
    return back


def _what_went_back(intent: Intent, back: int) -> str:
    """Say whether all that was held or taken went back."""
    kept = intent.captured - back
    if kept <= 0:
        return f"{from_cents(back)} {intent.currency} given back"
    said = f"{from_cents(kept)} {intent.currency} could not be given back"
    return f"{said} (the customer's bank does not take it)"


def _on_cancelled(attempt: PaymentAttempt, was: str, *, used_up: bool) -> None:
    """Nothing can be taken on this attempt any more: end its order, unless Stripe only wants
    another intent for more cards."""
    order = attempt.order
    if attempt.is_replaced():
        return
    if order.status == OrderState.PENDING:
        in_time = attempt.expires_at > timezone.now()
        if used_up and was == AttemptState.OPEN and in_time:
            attempt.replace()
        else:
            _lapse(attempt, promised=was == AttemptState.PROCESSING)
    elif order.status in (OrderState.PLACED, OrderState.PART_SHIPPED):
        alert(order, "The payment was released at Stripe, and this order is not paid.")


def _lapse(attempt: PaymentAttempt, *, promised: bool = False) -> None:
    """End an order that will not be paid. A shopper who was promised word of it gets it."""
    order, late = attempt.order, attempt.expires_at <= timezone.now()
    _end(order, OrderState.EXPIRED if late else OrderState.CANCELLED)
    if promised or order.attempts.filter(unanswered__gt=0).exists():
        emails.order_cancelled(order, _why_unpaid(attempt))


def _why_unpaid(attempt: PaymentAttempt) -> str:
    if attempt.order.status == OrderState.EXPIRED:
        return "It was not paid in time."
    if attempt.last_error:
        return "The payment did not go through."
    return "It was given up before it was paid."


def _end(order: Order, state: str) -> None:
    held = order.status == OrderState.PENDING
    if state == OrderState.CANCELLED:
        cancel_remaining(order)
    order.move_to(state)
    if held:
        release(order, reopen_basket=True)
