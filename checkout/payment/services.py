"""Paying an order. Money moves only for orders that are written down."""

import logging
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.urls import reverse

from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.payment.settlement import close, settle

__all__ = ["Outcome", "PayResult", "abandon", "pay", "settle"]

logger = logging.getLogger(__name__)

LONGEST_TOKEN = 200  # characters; it becomes a part of the idempotency key, which has 255 at most
NOT_ASKED = "The payment service cannot be reached. Nothing was charged: please try again."
NOT_KNOWN = (
    "We do not know yet whether your payment went through. Your order is kept, and we will write "
    "to you as soon as we know. Trying again will not charge you twice."
)
REFUSED = "The payment could not be made, and nothing was charged. Please try another card."
LAPSED = "This order was not paid in time and has been given up. You were not charged for it."


class Outcome(Enum):
    """What became of pressing “pay”."""

    PLACED = "placed"
    ACTION = "action"  # the shopper's bank wants to see them: hand client_secret to the page
    DECLINED = "declined"  # nothing was charged; the same order can be tried again
    UNKNOWN = "unknown"  # the answer was lost; the webhook or the reconcile job will know


@dataclass(frozen=True, slots=True)
class PayResult:
    """The outcome, what the page needs for the bank's check, and words for the shopper."""

    outcome: Outcome
    client_secret: str = ""
    message: str = ""


def pay(*, order: Order, confirmation_token: str) -> PayResult:
    """Charge the card behind the token for a pending order, once; another card may follow.

    Safe to call twice, also at once: one order has one intent, and one token confirms it once.
    """
    attempt = PaymentAttempt.objects.select_related("order").filter(order=order).first()
    if attempt is None or attempt.order.status != OrderState.PENDING:
        return _result_of(attempt.order if attempt else order)
    if not attempt.amount_cents:
        return _result_of(settle(attempt.pk))
    try:
        _ensure_intent(attempt)
    except gateway.GatewayError:
        logger.exception("Order %s: no intent could be made.", order.number)
        return PayResult(Outcome.DECLINED, message=NOT_ASKED)
    return _confirm(attempt, confirmation_token)


def _result_of(order: Order) -> PayResult:
    """What to tell about an order as it stands."""
    if order.status == OrderState.PENDING:
        return PayResult(Outcome.DECLINED, message=REFUSED)
    if order.status in (OrderState.EXPIRED, OrderState.CANCELLED):
        return PayResult(Outcome.DECLINED, message=LAPSED)
    return PayResult(Outcome.PLACED)


def _ensure_intent(attempt: PaymentAttempt) -> None:
    """Make the order's one intent and store its id before anything can be charged on it."""
    if attempt.intent_id:
        return
    intent = gateway.create_intent(
        cents=attempt.amount_cents,
        currency=attempt.currency,
        key=str(attempt.uuid),
        order_number=attempt.order.number,
    )
    still_open = PaymentAttempt.objects.filter(pk=attempt.pk, state=AttemptState.OPEN)
    if not still_open.update(intent_id=intent.id):
        raise gateway.GatewayRefused("The order was given up meanwhile.")
    attempt.intent_id = intent.id


def _confirm(attempt: PaymentAttempt, token: str) -> PayResult:
    if not (token.isascii() and token.isidentifier() and len(token) <= LONGEST_TOKEN):
        return PayResult(Outcome.DECLINED, message=REFUSED)  # not one that Stripe gave to the page
    certain = True
    try:
        intent = gateway.confirm_intent(
            str(attempt.intent_id),
            token=token,
            key=str(attempt.uuid),
            return_url=settings.SITE_URL + reverse("checkout:thank-you"),
        )
    except gateway.CardDeclined as refusal:
        PaymentAttempt.objects.filter(pk=attempt.pk).update(last_error=str(refusal)[:255])
        return PayResult(Outcome.DECLINED, message=str(refusal))
    except gateway.GatewayRefused:
        logger.exception("Order %s: confirming was refused.", attempt.order.number)
    except gateway.GatewayDown:
        certain = False
    else:
        if intent.status == "requires_action":
            return PayResult(Outcome.ACTION, client_secret=intent.client_secret)
        certain = intent.status != "processing"
    return _settled(attempt, certain=certain)


def _settled(attempt: PaymentAttempt, *, certain: bool) -> PayResult:
    try:
        order = settle(attempt.pk)
    except gateway.GatewayError:
        return PayResult(Outcome.UNKNOWN, message=NOT_KNOWN)
    if order.status == OrderState.PENDING and not certain:
        return PayResult(Outcome.UNKNOWN, message=NOT_KNOWN)
    return _result_of(order)


def abandon(*, order: Order) -> Order:
    """The shopper gives up paying: cancel at Stripe, then give stock and cart back.

    Returns the order, which is placed if it was paid after all. Raises GatewayError, unchanged.
    """
    attempt = PaymentAttempt.objects.filter(order=order).first()
    return close(attempt.pk) if attempt else order
