"""Paying an order.

The message "Nothing was charged" is shown only if it is certain: no card of this order is at
Stripe without an answer, and nothing is authorized or captured.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.payment.stripe_objects import is_confirmation_token
from checkout.settlement.payer import shipping_of
from checkout.settlement.settle import UNPAID, end_unpaid_order, settle
from microflight.core.compiled_query import CompiledQuery

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

__all__ = ["Outcome", "PayResult", "abandon", "pay", "payment_result", "settle", "unseen_result"]

logger = logging.getLogger(__name__)

PAYMENT_UNAVAILABLE = _(
    "We cannot reach the payment service. Nothing was charged. Please try again."
)
PAYMENT_BUSY = _(
    "Many people are paying at this moment. Nothing was charged. Please press Pay again in a "
    "minute."
)
PAYMENT_UNKNOWN = _(
    "Your payment is being checked: we do not know yet whether it went through. Your order is "
    "saved, and we will email you as soon as we know. Trying again will not charge you twice."
)
PAYMENT_UNSEEN = _(
    "Your payment is being checked: we do not know yet whether it went through. Your order is "
    "saved: if it did, we will email you; if not, you can still pay. You are never charged twice."
)
PAYMENT_IN_PROGRESS = _(
    "This order is already being paid, perhaps in another window. Check there, or press Pay again "
    "in a minute. You are never charged twice."
)
AT_BANK = _(
    "Your bank is still processing this payment. Your items are reserved, and we will email you as "
    "soon as we know the result."
)
PAYMENT_FAILED = _("Your payment did not go through.")
TRY_AGAIN = _("Nothing was charged. Please try again or use another card.")
ORDER_EXPIRED = _("This order was not paid in time, so it was cancelled. You were not charged.")
ORDER_CANCELLED = _("This order was cancelled. You were not charged.")
ORDER_REFUNDED = _("This order was cancelled. The order page shows your refund.")


class Outcome(Enum):
    """The result of pressing Pay."""

    PLACED = "placed"
    ACTION = "action"  # the bank asks the customer to confirm: the page needs client_secret
    DECLINED = "declined"  # nothing was charged; the customer can try again
    UNKNOWN = "unknown"  # no answer; the webhook or the reconcile job finds out


@dataclass(frozen=True, slots=True)
class PayResult:
    """The outcome, the client secret for the bank's check, and a message for the customer."""

    outcome: Outcome
    client_secret: str = ""
    message: "StrOrPromise" = ""


_OF_ORDER = CompiledQuery(
    lambda order: PaymentAttempt.objects.select_related("order__shipping_address").filter(
        order=order
    )[:1]
)


def pay(*, order: Order, confirmation_token: str) -> PayResult:
    """Charge the card of a confirmation token for a pending order, once.

    Idempotent: an order has one intent that can be charged, and a token confirms it once. If the
    intent has reached Stripe's limit of tries, the card is charged on the order's next one.
    """
    try:
        gateway.take_slot()
    except gateway.NotSent:
        return payment_result(order, declined=PAYMENT_BUSY)
    result = _try_card(order, confirmation_token) or _try_card(order, confirmation_token)
    return result or payment_result(order)


def _try_card(order: Order, confirmation_token: str) -> PayResult | None:
    """Charge the card on the order's current attempt; None if another one has replaced it."""
    attempt = _OF_ORDER.first(order.pk)
    if attempt is None or attempt.order.status != OrderState.PENDING:
        return payment_result(attempt.order if attempt else order)
    if not attempt.amount_cents or not is_confirmation_token(confirmation_token):
        return _settled(attempt)
    try:
        ready = _ready_to_confirm(attempt)
    except gateway.GatewayBusy:
        return PayResult(Outcome.UNKNOWN, message=PAYMENT_IN_PROGRESS)
    except gateway.NotSent:
        return payment_result(order, declined=PAYMENT_UNAVAILABLE)
    except gateway.GatewayError:
        logger.exception("Order %s: could not create an intent.", order.number)
        return payment_result(order, declined=PAYMENT_UNAVAILABLE)
    return _confirm(attempt, confirmation_token) if ready else _settled(attempt)


def payment_result(order: Order, *, declined: "StrOrPromise" = "") -> PayResult:
    """Return the result of paying an order from our own records.

    `declined` is the message if nothing was charged and the customer can try again.
    """
    if order.status not in UNPAID:
        return PayResult(Outcome.PLACED)
    attempt = PaymentAttempt.objects.select_related("order").filter(order=order).first()
    status = attempt.order.status if attempt else order.status
    if status == OrderState.EXPIRED:
        return PayResult(Outcome.DECLINED, message=ORDER_EXPIRED)
    if status == OrderState.CANCELLED:
        paid = attempt is not None and attempt.captured_cents
        return PayResult(Outcome.DECLINED, message=ORDER_REFUNDED if paid else ORDER_CANCELLED)
    if status != OrderState.PENDING:
        return PayResult(Outcome.PLACED)
    if attempt is not None and attempt.state == AttemptState.PROCESSING:
        return PayResult(Outcome.UNKNOWN, message=AT_BANK)
    if attempt is not None and (attempt.unanswered or attempt.state != AttemptState.OPEN):
        return PayResult(Outcome.UNKNOWN, message=PAYMENT_UNKNOWN)
    return PayResult(Outcome.DECLINED, message=declined or f"{PAYMENT_FAILED} {TRY_AGAIN}")


def _ready_to_confirm(attempt: PaymentAttempt) -> bool:
    """Create the attempt's intent, and store its ID and that a card is sent, before it is charged.

    Return False if the order accepts no card any more.
    """
    intent_id = attempt.intent_id or _new_intent(attempt)
    waiting = PaymentAttempt.objects.filter(pk=attempt.pk, state=AttemptState.OPEN)
    ours = waiting.filter(Q(intent_id=None) | Q(intent_id=intent_id))
    if not ours.update(intent_id=intent_id, unanswered=F("unanswered") + 1):
        stored = waiting.exclude(intent_id=None).values_list("intent_id", flat=True).first()
        if stored is None or not waiting.update(unanswered=F("unanswered") + 1):
            return False
        intent_id = stored  # a concurrent request stored another one first
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
    except gateway.CardDeclined as error:
        _answered(attempt, last_error=str(error)[:255], expires_at=_whole_window(attempt))
        if error.ended:
            _settled(attempt)
        return payment_result(attempt.order, declined=f"{error} {TRY_AGAIN}")
    except gateway.GatewayRefused:
        logger.exception("Order %s: Stripe refused to confirm.", attempt.order.number)
        _answered(attempt)
    except gateway.NotSent:
        _answered(attempt)
        return payment_result(attempt.order, declined=PAYMENT_UNAVAILABLE)
    except gateway.GatewayDown:
        logger.warning("Order %s: no answer from Stripe.", attempt.order.number)
        PaymentAttempt.objects.filter(pk=attempt.pk).update(expires_at=_whole_window(attempt))
    else:
        if intent.is_unpaid:  # otherwise settle() records it
            _answered(attempt, expires_at=_whole_window(attempt))
        if intent.status == "requires_action":
            return PayResult(Outcome.ACTION, client_secret=intent.client_secret)
    return _settled(attempt)


def _whole_window(attempt: PaymentAttempt) -> datetime:
    """Return how long an order reserves stock once a card was tried, if it did so until now."""
    window = timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)
    is_over = attempt.expires_at <= timezone.now()
    until = attempt.order.date_placed + window
    return attempt.expires_at if is_over else max(attempt.expires_at, until)


def _answered(attempt: PaymentAttempt, **facts: Any) -> None:
    """Record that Stripe answered for one card, or was never asked, and the error."""
    waiting = PaymentAttempt.objects.filter(pk=attempt.pk, unanswered__gt=0)
    waiting.update(unanswered=F("unanswered") - 1, **facts)


def _settled(attempt: PaymentAttempt) -> PayResult | None:
    """Settle and return the result; None if another attempt has replaced this one."""
    try:
        result = payment_result(settle(attempt.pk))
    except gateway.GatewayError:
        return unseen_result(attempt)
    return None if result.outcome is Outcome.DECLINED and attempt.is_replaced() else result


def unseen_result(attempt: PaymentAttempt) -> PayResult:
    """Return the result while Stripe does not answer."""
    waits = PaymentAttempt.objects.filter(pk=attempt.pk, unanswered__gt=0).exists()
    return PayResult(Outcome.UNKNOWN, message=PAYMENT_UNKNOWN if waits else PAYMENT_UNSEEN)


def abandon(*, order: Order) -> Order:
    """Cancel an unpaid order for the customer, release stock and reopen the cart.

    Returns the order, which is placed if it was paid meanwhile. Raises GatewayError without a
    change.
    """
    attempt = PaymentAttempt.objects.filter(order=order).first()
    return end_unpaid_order(attempt.pk) if attempt else order
