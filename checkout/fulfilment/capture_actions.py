"""Capturing the payment: with the first shipment, or earlier if the customer agreed."""

from django.db import transaction
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.order.delivery import deliver
from checkout.order.locking import (
    OrderActionError,
    latest_attempt,
    lock_order,
    readable_stripe_errors,
    record_note,
)
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import AttemptState
from checkout.settlement.capture import capture
from checkout.settlement.records import record_intent


def capture_payment(order: Order, *, by: User | None) -> None:
    """Capture the amount due, unless it was captured before.

    The caller holds the order's lock, and no lock that shoppers wait for. Raises OrderActionError
    and GatewayError.
    """
    attempt = latest_attempt(order)
    if attempt is None:
        return  # not paid by card
    if attempt.state == AttemptState.CAPTURED:  # with an earlier shipment, or at Stripe
        return
    if attempt.state != AttemptState.AUTHORIZED:
        raise OrderActionError(
            gettext("The payment of this order is no longer authorized, so it cannot be captured.")
        )
    intent = capture(attempt)
    if intent.captured < attempt.due_cents:
        message = gettext("The payment cannot be captured. Its status at Stripe: %(status)s.")
        raise OrderActionError(message % {"status": intent.status})
    record_intent(attempt, intent, by=by)


def capture_payment_early(*, order: Order, reason: str, by: User | None) -> Order:
    """Capture the payment before anything ships, because the customer agreed to it.

    A second call changes nothing. Raises OrderActionError.
    """
    with readable_stripe_errors(), transaction.atomic():
        locked = lock_order(order)
        if locked.status != OrderState.PLACED:
            message = gettext("The payment of an order that is %(state)s cannot be captured early.")
            raise OrderActionError(message % {"state": locked.status})
        attempt = latest_attempt(locked)
        if attempt is None or attempt.state == AttemptState.CAPTURED:
            return locked
        note = gettext("Payment captured before shipping: %(reason)s")
        record_note(locked, note % {"reason": reason}, by)
        capture_payment(locked, by=by)
        deliver(locked, by=by)
    return locked
