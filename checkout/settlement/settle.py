"""settle(): the only code that updates an order and its payment records from Stripe.

The checkout page, the return from the bank, the webhook and the reconcile job all call it. The
order is locked while Stripe is called, so that no caller acts on an outdated answer. It is
idempotent: calls may repeat, overlap or arrive out of order.
"""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from checkout.order import emails
from checkout.order.deferred_benefits import apply_deferred_benefits
from checkout.order.delivery import deliver
from checkout.order.errors import CheckoutError
from checkout.order.lines import cancel_remaining
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order.promised_dates import postpone_promises
from checkout.order.reservations import release, reserve_again
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import (
    AttemptState,
    PaymentAttempt,
    StripeEvent,
    TransactionType,
)
from checkout.payment.stripe_gateway import Intent
from checkout.settlement.alerts import alert
from checkout.settlement.capture import charge_early
from checkout.settlement.disputes import DISPUTES, notify_dispute
from checkout.settlement.radar import RADAR, notify_radar_event
from checkout.settlement.records import (
    record_intent,
    record_refund,
    record_refunds,
    record_transaction,
)
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import from_cents

UNPAID = (OrderState.PENDING, OrderState.EXPIRED, OrderState.CANCELLED)

#: The events that can change our records; Stripe sends many others.
RELEVANT_EVENTS = {
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
#: The events about a single refund.
_REFUND_EVENTS = {"charge.refunded", "charge.refund.updated", "refund.updated", "refund.failed"}


class CartAlreadyOrdered(CheckoutError):
    """The cart of an expired order was used for another order."""


def settle(attempt_id: int) -> Order:
    """Update the order from Stripe and return it. Raises GatewayError without a change."""
    return _with_lock(attempt_id, _update)


def store_event(event: gateway.Event) -> StripeEvent:
    """Store an event once, however often it arrives."""
    facts = {"type": event.type, "object_id": event.object_id, "intent_id": event.intent_id}
    return StripeEvent.objects.get_or_create(event_id=event.id, defaults=facts)[0]


def settle_event(attempt: PaymentAttempt, event: StripeEvent) -> Order:
    """Settle the event's payment, and notify staff of disputes and fraud warnings."""
    order = _with_lock(
        attempt.pk, _update_with_refunds if event.type in _REFUND_EVENTS else _update
    )
    if event.type in DISPUTES:
        notify_dispute(order, event)
    elif event.type in RADAR:
        notify_radar_event(order, event)
    return order


def end_unpaid_order(attempt_id: int) -> Order:
    """End an unpaid order: cancel at Stripe, then release stock and reopen the cart.

    An order that turns out to be paid is placed. Raises GatewayError without a change.
    """
    return _with_lock(attempt_id, _update_and_end)


_LOCKED_ORDER = CompiledQuery(
    lambda attempt: Order.objects.select_for_update(of=("self",)).filter(attempts=attempt)
)
_ATTEMPT = CompiledQuery(lambda pk: PaymentAttempt.objects.filter(pk=pk))


def lock(attempt_id: int) -> PaymentAttempt:
    """Return the attempt with its order's row locked. Every change of either takes this lock."""
    order = _LOCKED_ORDER.get(attempt_id)
    attempt = _ATTEMPT.get(attempt_id)
    attempt.order = order
    return attempt


def _with_lock(attempt_id: int, action: Callable[[PaymentAttempt], None]) -> Order:
    gateway.take_slot()
    with transaction.atomic(), gateway.under_lock():
        attempt = lock(attempt_id)
        action(attempt)
    return attempt.order


def _update(attempt: PaymentAttempt) -> None:
    if attempt.intent_id:
        apply_intent(attempt, gateway.retrieve_intent(attempt.intent_id))
    elif not attempt.amount_cents and attempt.state == AttemptState.OPEN:
        _place_free(attempt)


def _update_with_refunds(attempt: PaymentAttempt) -> None:
    """Update, and check each refund: a failed and a new one may leave the sum unchanged."""
    intent = gateway.retrieve_intent(str(attempt.intent_id))
    apply_intent(attempt, intent)
    if intent.captured:
        record_refunds(attempt, intent)
        attempt.save(update_fields=["refunded_cents"])


def _place_free(attempt: PaymentAttempt) -> None:
    """Place an order whose total is zero, without Stripe."""
    attempt.move_to(AttemptState.CAPTURED)
    attempt.save(update_fields=["state"])
    _place(attempt)
    _deliver(attempt.order)


def _update_and_end(attempt: PaymentAttempt) -> None:
    order = attempt.order
    current = order.attempts.first() or attempt  # it may have been replaced just now
    current.order = order
    if current.intent_id is None:
        if order.status == OrderState.PENDING:
            _end_unsent(current)
        return
    intent = gateway.retrieve_intent(current.intent_id)
    if intent.is_open:
        intent = cancel_intent(intent.id)
    apply_intent(current, intent, ending=True)


def cancel_intent(intent_id: str) -> Intent:
    """Cancel at Stripe; if Stripe refuses, the intent has changed, so return it as it is now."""
    try:
        return gateway.cancel_intent(intent_id)
    except gateway.GatewayRefused:
        return gateway.retrieve_intent(intent_id)


def _end_unsent(attempt: PaymentAttempt) -> None:
    """End an order whose payment never reached Stripe, unless its intent is stored just now."""
    if attempt.cancel_unsent():
        _end_unpaid(attempt)


def apply_intent(attempt: PaymentAttempt, intent: Intent, *, ending: bool = False) -> None:
    """Update our records and the order from the intent. The caller holds the lock.

    `ending` ends an unpaid order also if only its intent has reached Stripe's limit of tries.
    """
    if intent.is_authorized and not _is_right_amount(attempt, intent):
        _on_wrong_amount(attempt, intent)
        return
    was = attempt.state
    record_intent(attempt, intent)
    if intent.captured and intent.captured != attempt.due_cents:
        _alert_wrong_capture(attempt, intent)
    if attempt.state == AttemptState.PROCESSING and intent.is_open:
        intent = cancel_intent(intent.id)  # the bank declined, and the customer has left
        record_intent(attempt, intent)
    if intent.is_cancelled:
        _on_cancelled(attempt, was, used_up=intent.is_used_up and not ending)
    elif intent.is_authorized:
        _on_authorized(attempt, intent)
        if intent.status == "requires_capture" and (charged := charge_early(attempt)):
            apply_intent(attempt, charged)
        elif attempt.state == AttemptState.CAPTURED:
            _deliver(attempt.order)


def _alert_wrong_capture(attempt: PaymentAttempt, intent: Intent) -> None:
    text = _("%(captured)s of %(due)s %(currency)s was captured at Stripe.")
    if intent.captured < attempt.due_cents:
        text = _("Only %(captured)s of %(due)s %(currency)s was captured at Stripe.")
    captured, due = from_cents(intent.captured), from_cents(attempt.due_cents)
    alert(attempt.order, text % {"captured": captured, "due": due, "currency": intent.currency})


def _is_right_amount(attempt: PaymentAttempt, intent: Intent) -> bool:
    return (intent.amount, intent.currency) == (attempt.amount_cents, attempt.currency)


def _on_wrong_amount(attempt: PaymentAttempt, intent: Intent) -> None:
    if attempt.order.status not in UNPAID:
        alert(attempt.order, _("Stripe authorized an amount other than the order total."))
    elif attempt.state != AttemptState.CANCELLED or intent.status == "requires_capture":
        _return_payment(attempt, intent, _("The amount paid is not the order total."))


# --- The order -----------------------------------------------------------------------------------


def _on_authorized(attempt: PaymentAttempt, intent: Intent) -> None:
    order = attempt.order
    if order.status == OrderState.PENDING:
        _place(attempt)
    elif order.status == OrderState.EXPIRED:
        _place_late(attempt, intent)
    elif order.status == OrderState.CANCELLED and intent.status == "requires_capture":
        _return_payment(attempt, intent, _("The order was cancelled before it was paid."))


def place_paid_offline(attempt: PaymentAttempt) -> None:
    """Place an order whose payment staff have just recorded. The caller holds the lock.

    An expired order reserves its stock again. Raises CheckoutError if that is not available.
    """
    if attempt.order.status == OrderState.EXPIRED:
        reserve_again(attempt.order)
    _place(attempt)
    _deliver(attempt.order)


def _place(attempt: PaymentAttempt) -> None:
    if attempt.order.is_staff_order:
        postpone_promises(attempt.order)
    attempt.order.move_to(OrderState.PLACED)
    for offer in apply_deferred_benefits(attempt.order):
        alert(attempt.order, _("The benefit of “%(offer)s” could not be given.") % {"offer": offer})
    emails.order_confirmed(attempt.order)


def _deliver(order: Order) -> None:
    """Deliver what needs no shipping; if that fails, staff can ship it."""
    try:
        with transaction.atomic():
            deliver(order)
    except OrderActionError as error:
        order.refresh_from_db(fields=["status"])
        alert(order, _("Items could not be delivered: %(reason)s") % {"reason": error})


def _place_late(attempt: PaymentAttempt, intent: Intent) -> None:
    """Place an expired order that was paid late, if all items are still available."""
    order = attempt.order
    try:
        with transaction.atomic():
            if order.basket_id and Order.objects.live().filter(basket=order.basket_id).exists():
                raise CartAlreadyOrdered(_("The same cart was ordered again."))
            reserve_again(order)
    except CheckoutError as error:
        _return_payment(attempt, intent, error.reason)
    else:
        _place(attempt)


def _return_payment(attempt: PaymentAttempt, intent: Intent, reason: str) -> None:
    """Release or refund a payment that no order can use, and alert staff."""
    record_transaction(attempt, TransactionType.AUTHORIZE, intent.amount, intent.id)
    if intent.status == "requires_capture":
        gateway.cancel_intent(intent.id)
        record_transaction(attempt, TransactionType.VOID, intent.amount, intent.id)
    elif left := intent.captured - intent.refunded:
        gateway.refund_intent(intent.id, cents=left, key=f"{attempt.uuid}-refused")
    returned = _record_returned(attempt, intent, reason) if intent.captured else intent.amount
    attempt.move_to(AttemptState.CANCELLED)
    attempt.last_error = reason[:255]
    attempt.save(update_fields=["state", "refunded_cents", "last_error"])
    alert(attempt.order, f"{_returned_text(intent, returned)}: {reason}")
    if attempt.order.status != OrderState.CANCELLED:
        _end(attempt.order, OrderState.CANCELLED)
        emails.order_cancelled(attempt.order, reason)


def _record_returned(attempt: PaymentAttempt, intent: Intent, reason: str) -> int:
    """Record the capture and its refunds, and email the customer. Return the refunded cents,
    without failed refunds."""
    record_transaction(attempt, TransactionType.CAPTURE, intent.captured, intent.id)
    made = [refund for refund in gateway.refunds_of(intent) if not refund.failed]
    for refund in made:
        record_refund(attempt, refund, reason=reason)
    returned = sum(refund.amount for refund in made)
    # 0 if another amount was captured
    attempt.refunded_cents = min(returned, attempt.captured_cents)
    return returned


def _returned_text(intent: Intent, returned: int) -> str:
    kept = intent.captured - returned
    text = _("%(amount)s %(currency)s returned to the customer")
    if kept > 0:
        text = _("%(amount)s %(currency)s could not be refunded (rejected by the customer’s bank)")
    return text % {"amount": from_cents(max(kept, 0) or returned), "currency": intent.currency}


def _on_cancelled(attempt: PaymentAttempt, was: str, *, used_up: bool) -> None:
    """End the order of a cancelled intent, or replace the intent if it only reached Stripe's limit
    of tries."""
    order = attempt.order
    if attempt.is_replaced():
        return
    if order.status == OrderState.PENDING:
        in_time = attempt.expires_at > timezone.now()
        if used_up and was == AttemptState.OPEN and in_time:
            attempt.replace()
        else:
            _end_unpaid(attempt, notify=was == AttemptState.PROCESSING)
    elif order.status in (OrderState.PLACED, OrderState.PART_SHIPPED):
        alert(order, _("The payment was released at Stripe. This order is not paid."))


def _end_unpaid(attempt: PaymentAttempt, *, notify: bool = False) -> None:
    """End an order that will not be paid; email customers whose page said to wait."""
    order, late = attempt.order, attempt.expires_at <= timezone.now()
    _end(order, OrderState.EXPIRED if late else OrderState.CANCELLED)
    if notify or order.attempts.filter(unanswered__gt=0).exists():
        emails.order_cancelled(order, _unpaid_reason(attempt))


def _unpaid_reason(attempt: PaymentAttempt) -> str:
    if attempt.order.status == OrderState.EXPIRED:
        return _("It was not paid in time.")
    if attempt.last_error:
        return _("The payment did not go through.")
    return _("It was cancelled before it was paid.")


def _end(order: Order, state: str) -> None:
    has_stock = order.status == OrderState.PENDING
    if state == OrderState.CANCELLED:
        cancel_remaining(order)
    order.move_to(state)
    if has_stock:
        release(order, reopen_basket=True)
