"""Money back to the card that paid: asked for at the desk, or owed because an order ends."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from checkout.money import from_cents, rounded, to_cents
from checkout.order.desk import (
    DeskError,
    attempt_of,
    locked_row,
    shipped_pieces,
    stripe_in_words,
)
from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, Movement, MovementKind, PaymentAttempt
from checkout.payment.settlement import book, book_refund, cancelled, settle

if TYPE_CHECKING:
    from accounts.users.models import User


def refund_order(*, order: Order, cents: int, reason: str, by: "User | None") -> Movement:
    """Give `cents` back to the card that paid, never more than is left. Raises DeskError."""
    _look_for_lost_refunds(order)
    with stripe_in_words(), transaction.atomic():
        attempt = attempt_of(locked_row(order))
        left = attempt.captured_cents - attempt.refunded_cents if attempt else 0
        if attempt is None or not 0 < cents <= left:
            raise DeskError(f"Between 0.01 and {from_cents(left)} CAD can be given back.")
        # only those made here: one whose answer was lost keeps its key when a webhook books it
        made = attempt.movements.filter(kind=MovementKind.REFUND).exclude(reason="")
        before = made.count()
        return _refund(attempt, cents, f"{attempt.uuid}-{before}-{cents}", reason, by)


def give_money_back(order: Order, reason: str, by: "User | None") -> None:
    """Release or refund what has not shipped, once. The caller holds the order's lock."""
    attempt = attempt_of(order)
    if attempt is None:
        return
    if attempt.intent_id is None:
        if not attempt.close_unasked():
            raise DeskError("The customer is paying right now. Please try again in a minute.")
        return
    if attempt.state in (AttemptState.OPEN, AttemptState.AUTHORISED):
        book(attempt, cancelled(attempt.intent_id))
    if attempt.state == AttemptState.CAPTURED:
        _refund_the_rest(order, attempt, reason, by)
    elif attempt.state != AttemptState.CANCELLED:
        raise DeskError("The payment is being worked on at Stripe. Please try again in a minute.")


def _refund_the_rest(order: Order, attempt: PaymentAttempt, reason: str, by: "User | None") -> None:
    """Refund what has not shipped, once: also if the answer to a first try was lost."""
    key = f"{attempt.uuid}-cancel"
    if made := gateway.refund_made(str(attempt.intent_id), key=key):
        _keep_refund(attempt, made, reason, by)
    elif cents := _value_left(order, attempt):
        _refund(attempt, cents, key, reason, by)


def _value_left(order: Order, attempt: PaymentAttempt) -> int:
    """What is owed back, in cents: all, or the share of the pieces that have not shipped."""
    left, shipped = attempt.captured_cents - attempt.refunded_cents, shipped_pieces(order)
    if not shipped:
        return left
    value = sum(
        (
            line.line_price_incl_tax * (line.quantity - shipped.get(line.pk, 0)) / line.quantity
            for line in order.lines.all()
        ),
        Decimal(0),
    )
    return min(left, to_cents(rounded(value)))


def _refund(
    attempt: PaymentAttempt, cents: int, key: str, reason: str, by: "User | None"
) -> Movement:
    refund = gateway.refund_intent(str(attempt.intent_id), cents=cents, key=key)
    if refund.failed:
        raise DeskError("The customer's bank does not take the money back.")
    return _keep_refund(attempt, refund, reason, by)


def _keep_refund(
    attempt: PaymentAttempt, refund: gateway.Refund, reason: str, by: "User | None"
) -> Movement:
    """Write a refund into the books, which a webhook may have told of it already."""
    if not attempt.movements.filter(kind=MovementKind.REFUND, stripe_id=refund.id).exists():
        attempt.refunded_cents += refund.amount
        attempt.save(update_fields=["refunded_cents"])
    return book_refund(attempt, refund, reason=reason, by=by)


def _look_for_lost_refunds(order: Order) -> None:
    """Book refunds that Stripe made and we did not hear of, before another one is made."""
    attempt = attempt_of(order)
    if attempt is None or attempt.intent_id is None:
        return
    with stripe_in_words():
        settle(attempt.pk)
    now = PaymentAttempt.objects.get(pk=attempt.pk).refunded_cents
    if now != attempt.refunded_cents:
        raise DeskError(
            f"{from_cents(now - attempt.refunded_cents)} CAD had been given back already, which "
            "the books did not show. They do now: please look again before you refund more."
        )
