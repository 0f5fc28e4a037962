"""Payments and refunds by hand: cheques, money orders, cash and bank transfers."""

import uuid
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.order.errors import CheckoutError
from checkout.order.locking import (
    OrderActionError,
    latest_attempt,
    lock_order,
    readable_stripe_errors,
    record_note,
)
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import (
    AttemptState,
    OfflinePayment,
    PaymentAttempt,
    PaymentMethod,
    Transaction,
    TransactionType,
)
from checkout.payment.signals import announce_transactions
from checkout.payment.stripe_types import Refund
from checkout.settlement.alerts import alert
from checkout.settlement.records import record_intent
from checkout.settlement.settle import cancel_intent, place_paid_offline
from microflight.core.money import cash_cents, format_cents, to_cents


def cents_to_receive(cents: int, method: str) -> int:
    """Return what to receive for a total: only cash is rounded, after tax."""
    return cash_cents(cents) if method == PaymentMethod.CASH else cents


def record_offline_payment(
    *,
    order: Order,
    method: str,
    cents: int,
    received_on: date,
    reference: str = "",
    by: User | None,
) -> Order:
    """Record a payment that arrived in full, which places the order, once.

    A card payment that the customer started is cancelled first. Raises OrderActionError, having
    changed nothing.
    """
    with readable_stripe_errors(), transaction.atomic():
        locked = lock_order(order)
        _check(locked, method, cents, received_on)
        _end_card_payment(latest_attempt(locked))
        attempt = _record(locked, method, by)
        rounding = cents - attempt.amount_cents
        OfflinePayment.objects.create(
            attempt=attempt, reference=reference, received_on=received_on, rounding_cents=rounding
        )
        try:
            place_paid_offline(attempt)
        except CheckoutError as error:
            raise OrderActionError(error.reason) from error
        record_note(locked, _note(attempt, cents, reference), by)
    return locked


def _check(order: Order, method: str, cents: int, received_on: date) -> None:
    if received_on > timezone.localdate():
        raise OrderActionError(gettext("The payment cannot have arrived in the future."))
    if order.status not in (OrderState.PENDING, OrderState.EXPIRED) or not order.is_staff_order:
        message = gettext("No payment can be recorded for an order that is %(state)s.")
        raise OrderActionError(message % {"state": order.status})
    due = cents_to_receive(to_cents(order.total_incl_tax), method)
    if cents != due:
        message = gettext(
            "The payment must be exactly %(due)s, not %(amount)s. If it is not, ask the customer, "
            "or change the quote."
        )
        amounts = {"due": format_cents(due), "amount": format_cents(cents)}
        raise OrderActionError(message % amounts)


def _end_card_payment(attempt: PaymentAttempt | None) -> None:
    """Cancel what could still be paid by card, so that nothing is paid twice."""
    if attempt is None or attempt.state == AttemptState.CANCELLED:
        return
    if attempt.intent_id is None:
        if not attempt.cancel_unsent():
            raise OrderActionError(
                gettext("The customer is paying by card right now. Try again in a minute.")
            )
        return
    record_intent(attempt, cancel_intent(attempt.intent_id))
    if attempt.state != AttemptState.CANCELLED:
        raise OrderActionError(
            gettext("The customer has paid by card in the meantime. Open the order again.")
        )


def _record(order: Order, method: str, by: User | None) -> PaymentAttempt:
    cents = to_cents(order.total_incl_tax)
    attempt = PaymentAttempt.objects.create(
        order=order,
        method=method,
        amount_cents=cents,
        captured_cents=cents,
        currency=order.currency,
        state=AttemptState.CAPTURED,
        expires_at=timezone.now(),
    )
    Transaction.objects.create(
        attempt=attempt,
        type=TransactionType.CAPTURE,
        amount_cents=cents,
        stripe_id=_by_hand(),
        by=by,
    )
    attempt.order = order
    announce_transactions(order)
    return attempt


def _note(attempt: PaymentAttempt, cents: int, reference: str) -> str:
    text = gettext("Received %(amount)s by %(method)s. %(reference)s")
    method = str(PaymentMethod(attempt.method).label).lower()
    values = {"amount": format_cents(cents), "method": method, "reference": reference}
    return (text % values).strip()


def _by_hand() -> str:
    """Return the ID of a transaction without Stripe."""
    return f"offline-{uuid.uuid4()}"


def refund_by_hand(attempt: PaymentAttempt, *, cents: int, key: str) -> Refund:
    """Alert staff to pay back an amount, and return the refund as Stripe would report it."""
    refund = Refund(id=_by_hand(), amount=cents, failed=False, key=key)
    text = gettext(
        "Pay back %(amount)s by hand (%(method)s), then resolve this alert. The refund %(refund)s "
        "is recorded."
    )
    amount = format_cents(cents_to_receive(cents, attempt.method))
    method = PaymentMethod(attempt.method).label
    alert(attempt.order, text % {"amount": amount, "method": method, "refund": refund.id[-6:]})
    return refund
