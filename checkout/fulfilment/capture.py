"""Taking the payment: when the first parcel leaves, or earlier where the customer agreed."""

from typing import TYPE_CHECKING

from django.db import transaction

from checkout.order.locking import DeskError, attempt_of, keep_note, locked_row, stripe_in_words
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import AttemptState
from checkout.settlement.capture import capture
from checkout.settlement.records import book

if TYPE_CHECKING:
    from accounts.users.models import User


def take_payment(order: Order, *, by: "User | None") -> None:
    """Take what is due of what is reserved; nothing where it was taken before.

    The caller holds the order's lock, and no lock that buyers wait for. Raises DeskError and
    GatewayError.
    """
    attempt = attempt_of(order)
    if attempt is None:
        return  # paid otherwise
    if attempt.state == AttemptState.CAPTURED:  # with an earlier parcel, or at Stripe
        if attempt.captured_cents and attempt.refunded_cents == attempt.captured_cents:
            raise DeskError("All of its money has been given back: cancel this order instead.")
        return
    if attempt.state != AttemptState.AUTHORISED:
        raise DeskError("The payment of this order is not held any more: it cannot be taken.")
    intent = capture(attempt)
    if intent.captured < attempt.due_cents:
        raise DeskError(f"The payment cannot be taken: Stripe says it is {intent.status}.")
    book(attempt, intent, by=by)


def take_payment_early(*, order: Order, reason: str, by: "User | None") -> Order:
    """Take the payment before anything has left, because the customer agreed to it.

    A second call changes nothing. Raises DeskError.
    """
    with stripe_in_words(), transaction.atomic():
        locked = locked_row(order)
        if locked.status != OrderState.PLACED:
            raise DeskError(f"The payment of an order that is {locked.status} is not taken early.")
        attempt = attempt_of(locked)
        if attempt is None or attempt.state == AttemptState.CAPTURED:
            return locked
        keep_note(locked, f"Payment taken before shipping: {reason}", by)
        take_payment(locked, by=by)
    return locked
