"""Paying an order. Money moves only for orders that are written down.

"Nothing was charged" is said only where it is known: no card of this order is at Stripe without
an answer, and nothing is held or taken.
"""

import logging
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse

from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.settlement.payer import shipping_of
from checkout.settlement.settle import UNPAID, close, settle
from microflight.core.compiled_query import CompiledQuery

__all__ = ["Outcome", "PayResult", "abandon", "pay", "settle", "standing", "unseen"]

logger = logging.getLogger(__name__)

LONGEST_TOKEN = 200  # characters; it becomes a part of the idempotency key, which has 255 at most
NOT_ASKED = "The payment service cannot be reached. Nothing was charged: please try again."
NOT_KNOWN = (
    "We do not know yet whether your payment went through. Your order is kept, and we will write "
    "to you as soon as we know. Trying again will not charge you twice."
)
NOT_SEEN = (
    "We do not know yet whether your payment went through. Your order is kept: if it did, you get "
    "our mail as soon as we know; if not, you can still pay. You are never charged twice."
)
BUSY = (
    "This order is being paid already, perhaps in another window. Please look there, or press Pay "
    "again in a minute: you are never charged twice."
)
AT_BANK = (
    "Your bank is still working on this payment. Your order and its goods are kept, and we will "
    "write to you as soon as we know."
)
REFUSED = "The payment could not be made."
STILL_YOURS = "Nothing was charged: please try again or take another card."
LAPSED = "This order was not paid in time and has been given up. You were not charged for it."
GIVEN_UP = "This order is cancelled. You were not charged for it."
GIVEN_BACK = "This order is cancelled. Its page shows what went back to your card."


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


_OF_ORDER = CompiledQuery(
    lambda order: PaymentAttempt.objects.select_related("order__shipping_address").filter(
        order=order
    )[:1]
)


def pay(*, order: Order, confirmation_token: str) -> PayResult:
    """Charge the card behind the token for a pending order, once; another card may follow.

    Safe to call twice, also at once: one order has one intent that can be charged, and one token
    confirms it once. Where Stripe takes no more cards on it, the card goes to the order's next one.
    """
    result = _try_card(order, confirmation_token) or _try_card(order, confirmation_token)
    return result or standing(order)


def _try_card(order: Order, confirmation_token: str) -> PayResult | None:
    """Charge the card on the order's current attempt; None where another one has replaced it."""
    attempt = _OF_ORDER.first(order.pk)
    if attempt is None or attempt.order.status != OrderState.PENDING:
        return standing(attempt.order if attempt else order)
    if not attempt.amount_cents or not _is_token(confirmation_token):
        return _settled(attempt)
    try:
        ready = _ready_to_confirm(attempt)
    except gateway.GatewayBusy:
        return PayResult(Outcome.UNKNOWN, message=BUSY)
    except gateway.GatewayError:
        logger.exception("Order %s: no intent could be made.", order.number)
        return standing(order, said=NOT_ASKED)
    return _confirm(attempt, confirmation_token) if ready else _settled(attempt)


def standing(order: Order, *, said: str = "") -> PayResult:
    """Return what can be told about an order that is not asked of Stripe any more just now.

    `said` stands in place of our own words where nothing was charged and the order waits.
    """
    if order.status not in UNPAID:
        return PayResult(Outcome.PLACED)
    attempt = PaymentAttempt.objects.select_related("order").filter(order=order).first()
    status = attempt.order.status if attempt else order.status
    if status == OrderState.EXPIRED:
        return PayResult(Outcome.DECLINED, message=LAPSED)
    if status == OrderState.CANCELLED:
        paid = attempt is not None and attempt.captured_cents
        return PayResult(Outcome.DECLINED, message=GIVEN_BACK if paid else GIVEN_UP)
    if status != OrderState.PENDING:
        return PayResult(Outcome.PLACED)
    if attempt is not None and attempt.state == AttemptState.PROCESSING:
        return PayResult(Outcome.UNKNOWN, message=AT_BANK)
    if attempt is not None and (attempt.unanswered or attempt.state != AttemptState.OPEN):
        return PayResult(Outcome.UNKNOWN, message=NOT_KNOWN)
    return PayResult(Outcome.DECLINED, message=said or f"{REFUSED} {STILL_YOURS}")


def _is_token(text: str) -> bool:
    """Tell whether Stripe may have given this to the page."""
    return text.isascii() and text.isidentifier() and len(text) <= LONGEST_TOKEN


def _ready_to_confirm(attempt: PaymentAttempt) -> bool:
    """Make the attempt's one intent, and write down its id and that a card goes out on it, before
    anything can be charged. False where the order takes no card any more."""
    intent_id = attempt.intent_id or _new_intent(attempt)
    waiting = PaymentAttempt.objects.filter(pk=attempt.pk, state=AttemptState.OPEN)
    ours = waiting.filter(Q(intent_id=None) | Q(intent_id=intent_id))
    if not ours.update(intent_id=intent_id, unanswered=F("unanswered") + 1):
        stored = waiting.exclude(intent_id=None).values_list("intent_id", flat=True).first()
        if stored is None or not waiting.update(unanswered=F("unanswered") + 1):
            return False
        intent_id = stored  # a press at the same moment was first with another one
    attempt.intent_id = intent_id
    return True


def _new_intent(attempt: PaymentAttempt) -> str:
    return gateway.create_intent(
        cents=attempt.amount_cents,
        currency=attempt.currency,
        key=str(attempt.uuid),
        order_number=attempt.order.number,
        shipping=shipping_of(attempt.order),
    ).id


def _confirm(attempt: PaymentAttempt, token: str) -> PayResult | None:
    try:
        intent = gateway.confirm_intent(
            str(attempt.intent_id),
            token=token,
            key=str(attempt.uuid),
            return_url=settings.SITE_URL + reverse("checkout:thank-you"),
        )
    except gateway.CardDeclined as refusal:
        _answered(attempt, last_error=str(refusal)[:255])
        if refusal.ended:
            _settled(attempt)
        return standing(attempt.order, said=f"{refusal} {STILL_YOURS}")
    except gateway.GatewayRefused:
        logger.exception("Order %s: confirming was refused.", attempt.order.number)
        _answered(attempt)
    except gateway.GatewayDown:
        logger.warning("Order %s: no answer to a card.", attempt.order.number)
    else:
        if intent.is_unpaid:  # else settling says so
            _answered(attempt)
        if intent.status == "requires_action":
            return PayResult(Outcome.ACTION, client_secret=intent.client_secret)
    return _settled(attempt)


def _answered(attempt: PaymentAttempt, **facts: str) -> None:
    """Write down that Stripe has answered one card, and what it said."""
    asked = PaymentAttempt.objects.filter(pk=attempt.pk, unanswered__gt=0)
    asked.update(unanswered=F("unanswered") - 1, **facts)


def _settled(attempt: PaymentAttempt) -> PayResult | None:
    """Ask Stripe, and return what can be told; None where another attempt has replaced this one."""
    try:
        result = standing(settle(attempt.pk))
    except gateway.GatewayError:
        return unseen(attempt)
    return None if result.outcome is Outcome.DECLINED and attempt.is_replaced() else result


def unseen(attempt: PaymentAttempt) -> PayResult:
    """Return what can be told while Stripe does not say how a payment stands."""
    waits = PaymentAttempt.objects.filter(pk=attempt.pk, unanswered__gt=0).exists()
    return PayResult(Outcome.UNKNOWN, message=NOT_KNOWN if waits else NOT_SEEN)


def abandon(*, order: Order) -> Order:
    """The shopper gives up paying: cancel at Stripe, then give stock and cart back.

    Returns the order, which is placed if it was paid after all. Raises GatewayError, unchanged.
    """
    attempt = PaymentAttempt.objects.filter(order=order).first()
    return close(attempt.pk) if attempt else order
