"""settle(): the only way an order and its books follow what Stripe says.

It is called alike by the checkout page, the browser that comes back from its bank, the webhook
and the reconcile job. The order is locked while Stripe is asked, so that no caller acts on an
answer that another one has made old; calling it twice, at once or out of order changes nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from checkout.errors import CheckoutError
from checkout.holdings import release, retake
from checkout.order import emails
from checkout.order.lines import give_up
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.alerts import alert
from checkout.payment.capture import charge_early
from checkout.payment.disputes import DISPUTES, tell_of_dispute
from checkout.payment.models import (
    AttemptState,
    Movement,
    MovementKind,
    PaymentAttempt,
    StripeEvent,
)
from checkout.payment.radar import RADAR, tell_of_radar
from checkout.payment.stripe_gateway import Intent, Refund
from checkout.returns import booking as refund_books
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import from_cents

if TYPE_CHECKING:
    from accounts.users.models import User

#: Attempts that may still become money.
UNDECIDED = (AttemptState.OPEN, AttemptState.PROCESSING)
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
        _book_refunds(attempt, intent)
        attempt.save(update_fields=["refunded_cents"])


def _place_free(attempt: PaymentAttempt) -> None:
    """A voucher paid for everything, delivery included: there is nothing to ask Stripe."""
    attempt.move_to(AttemptState.CAPTURED)
    attempt.save(update_fields=["state"])
    _place(attempt)


def _look_and_cancel(attempt: PaymentAttempt) -> None:
    if attempt.intent_id is None:
        if attempt.order.status == OrderState.PENDING:
            _lapse_unasked(attempt)
        return
    intent = gateway.retrieve_intent(attempt.intent_id)
    if intent.is_open:
        intent = cancelled(intent.id)
    follow(attempt, intent)


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


def follow(attempt: PaymentAttempt, intent: Intent) -> None:
    """Bring the books and the order in line with the intent. The caller holds the lock."""
    if intent.is_authorised and not _agrees(attempt, intent):
        _on_wrong_amount(attempt, intent)
        return
    promised = attempt.unanswered > 0 or attempt.state == AttemptState.PROCESSING
    book(attempt, intent)
    if intent.captured and intent.captured != attempt.due_cents:
        taken, due = from_cents(intent.captured), from_cents(attempt.due_cents)
        only = "Only " if intent.captured < attempt.due_cents else ""
        alert(attempt.order, f"{only}{taken} of {due} {intent.currency} was taken at Stripe.")
    if attempt.state == AttemptState.PROCESSING and intent.is_open:
        intent = cancelled(intent.id)  # the bank said no, and nobody waits at the till
        book(attempt, intent)
    if intent.is_cancelled:
        _on_cancelled(attempt, promised=promised)
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


# --- The books -----------------------------------------------------------------------------------


def book(attempt: PaymentAttempt, intent: Intent, *, by: "User | None" = None) -> None:
    """Write what happened to the money; each thing once, whoever did it and where.

    `by` is who had it taken here; where that is nobody, it was done at Stripe or by a job.
    """
    was = attempt.state
    fields = ["state", "authorised_until", "captured_cents", "refunded_cents", "last_error"]
    if intent.status == "processing" and was in UNDECIDED:
        _wait_for_bank(attempt)
        fields.append("expires_at")
    if intent.is_authorised and was in UNDECIDED:  # a refused one stays so
        attempt.move_to(AttemptState.AUTHORISED)
        attempt.authorised_until, attempt.unanswered = intent.authorised_until, 0
        fields.append("unanswered")  # else left to `pay`, which counts without the lock
        record(attempt, MovementKind.AUTHORISE, intent.amount, intent.id)
    if intent.captured > attempt.captured_cents:
        if was != AttemptState.CANCELLED:  # a refused one stays so, whatever was taken for it
            attempt.move_to(AttemptState.CAPTURED)
        attempt.captured_cents = intent.captured
        record(attempt, MovementKind.CAPTURE, intent.captured, intent.id, by=by)
    if intent.refunded != attempt.refunded_cents:
        _book_refunds(attempt, intent)
    if intent.is_cancelled and was != AttemptState.CANCELLED:
        attempt.move_to(AttemptState.CANCELLED)
        if was == AttemptState.AUTHORISED:
            record(attempt, MovementKind.VOID, intent.amount, intent.id)
    attempt.last_error = "" if intent.is_authorised else intent.error[:255]
    attempt.save(update_fields=fields)


def _wait_for_bank(attempt: PaymentAttempt) -> None:
    """Keep the goods for as long as the bank takes: anew at each look, as far as a shopper has."""
    attempt.move_to(AttemptState.PROCESSING)
    window = timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)
    attempt.expires_at = max(attempt.expires_at, timezone.now() + window)


def _book_refunds(attempt: PaymentAttempt, intent: Intent) -> None:
    """Write refunds that we do not know: made at Stripe itself, or whose answer was lost."""
    found = gateway.refunds_of(intent)
    made = [each for each in found if not each.failed]
    attempt.refunded_cents = sum(refund.amount for refund in made)
    # first, since what they paid back of each line can be paid back again
    _book_failed([each for each in found if each.failed], attempt)
    for refund in made:
        book_refund(attempt, refund)


def _book_failed(refunds: list[Refund], attempt: PaymentAttempt) -> None:
    """Take refunds that the bank sent back out of the sums, and tell staff: the shopper was
    promised their money."""
    booked = attempt.movements.filter(kind=MovementKind.REFUND, failed_at=None)
    for refund in refunds:
        if booked.filter(stripe_id=refund.id).update(failed_at=timezone.now()):
            sum_back = f"{from_cents(refund.amount)} {attempt.currency}"
            alert(attempt.order, f"{sum_back} did not reach the customer ({refund.id} failed).")


def book_refund(
    attempt: PaymentAttempt, refund: Refund, *, reason: str = "", by: "User | None" = None
) -> Movement:
    """Write a refund with its parts and tell the shopper, once. The caller sets and saves the
    attempt's sum. Of a refund that was asked for here, reason and name are what was written down
    before Stripe was asked, also when an event brings it into the books first.
    """
    plan = refund_books.plan_of(refund.key)
    if plan is not None:
        reason, by = plan.reason, plan.by
    movement, new = Movement.objects.get_or_create(
        kind=MovementKind.REFUND,
        stripe_id=refund.id,
        defaults={
            "attempt": attempt, "amount_cents": refund.amount, "reason": reason[:255], "by": by,
        },
    )  # fmt: skip
    if new:
        movement.attempt = attempt
        refund_books.keep(movement, plan=plan)
        emails.order_refunded(movement)
    elif reason and not movement.reason:
        movement.reason, movement.by = reason[:255], by
        movement.save(update_fields=["reason", "by"])
    return movement


def record(
    attempt: PaymentAttempt, kind: str, cents: int, stripe_id: str, *, by: "User | None" = None
) -> None:
    """Write one movement; nothing where it is written already."""
    row = Movement(attempt=attempt, kind=kind, amount_cents=cents, stripe_id=stripe_id, by=by)
    Movement.objects.bulk_create([row], ignore_conflicts=True)


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
            retake(order)
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


def _on_cancelled(attempt: PaymentAttempt, *, promised: bool) -> None:
    """Nothing can be taken any more. A shopper who was promised word of it gets it."""
    order = attempt.order
    if order.status == OrderState.PENDING:
        _lapse(attempt)
        if promised:
            emails.order_cancelled(order, _why_unpaid(attempt))
    elif order.status in (OrderState.PLACED, OrderState.PART_SHIPPED):
        alert(order, "The payment was released at Stripe, and this order is not paid.")


def _lapse(attempt: PaymentAttempt) -> None:
    """End an order that will not be paid."""
    late = attempt.expires_at <= timezone.now()
    _end(attempt.order, OrderState.EXPIRED if late else OrderState.CANCELLED)


def _why_unpaid(attempt: PaymentAttempt) -> str:
    if attempt.order.status == OrderState.EXPIRED:
        return "It was not paid in time."
    if attempt.last_error:
        return "The payment did not go through."
    return "It was given up before it was paid."


def _end(order: Order, state: str) -> None:
    held = order.status == OrderState.PENDING
    if state == OrderState.CANCELLED:
        give_up(order)
    order.move_to(state)
    if held:
        release(order, reopen_basket=True)
