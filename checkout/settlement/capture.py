"""Capture what is due at Stripe. The caller holds the order's lock and records the result."""

import logging

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAttempt
from checkout.payment.stripe_gateway import Intent
from checkout.settlement.alerts import alert

logger = logging.getLogger(__name__)

NOT_CHARGED = _("Stripe did not charge the card at checkout, although the customer agreed.")


def capture(attempt: PaymentAttempt) -> Intent:
    """Capture what is due; if Stripe refuses, the intent has changed, so return it as it is now.

    Raises GatewayDown and CardDeclined.
    """
    try:
        return gateway.capture_intent(str(attempt.intent_id), cents=attempt.due_cents)
    except gateway.GatewayRefused:
        return gateway.retrieve_intent(str(attempt.intent_id))


def charge_early(attempt: PaymentAttempt) -> Intent | None:
    """Capture an authorized order at once, if its customer agreed to that at checkout
    (`checkout/order/early_charge.py`) or nothing in it is shipped; return the changed intent.

    None if nothing changed. Without an answer from Stripe the order stays authorized, and the next
    settle() tries again, such as in the reconcile job.
    """
    order = attempt.order
    if not order.charged_at_checkout or order.status != OrderState.PLACED:
        return None
    try:
        intent = capture(attempt)
    except gateway.CardDeclined as error:
        reason = gettext("The bank says: %(message)s") % {"message": error}
        alert(order, f"{NOT_CHARGED} {reason}")
        return None
    except gateway.GatewayError as error:
        logger.warning("Order %s: not charged at checkout yet: %s", order.number, error)
        return None
    if intent.status != "requires_capture":
        return intent
    alert(order, str(NOT_CHARGED))
    return None
