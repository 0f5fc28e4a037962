"""Capturing at Stripe what is due. The caller holds the order's lock, and books the answer."""

import logging

from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAttempt
from checkout.payment.stripe_gateway import Intent
from checkout.settlement.alerts import alert

logger = logging.getLogger(__name__)

NOT_CHARGED = "Stripe did not charge the card at checkout, though its customer agreed."


def capture(attempt: PaymentAttempt) -> Intent:
    """Capture what is due; what Stripe refuses to capture has moved on, and is looked at again.

    Raises GatewayDown and CardDeclined.
    """
    try:
        return gateway.capture_intent(str(attempt.intent_id), cents=attempt.due_cents)
    except gateway.GatewayRefused:
        return gateway.retrieve_intent(str(attempt.intent_id))


def charge_early(attempt: PaymentAttempt) -> Intent | None:
    """Capture an authorized order at once, if its customer agreed to that at checkout
    (`checkout/order/early_charge.py`); return the intent that has moved on by it.

    None where nothing did. Without an answer the order stays authorized, and the next settle()
    asks again, such as that of the reconcile job.
    """
    order = attempt.order
    if order.early_charge_agreed_at is None or order.status != OrderState.PLACED:
        return None
    try:
        intent = capture(attempt)
    except gateway.CardDeclined as refusal:
        alert(order, f"{NOT_CHARGED} The bank says: {refusal}")
        return None
    except gateway.GatewayError as error:
        logger.warning("Order %s: its card is not charged early yet: %s", order.number, error)
        return None
    if intent.status != "requires_capture":
        return intent
    alert(order, NOT_CHARGED)
    return None
