"""What goes wrong between the shop and Stripe, and what the books, the desk and the mails make of
it: less taken than held, answers that got lost, errors that Stripe keeps repeating."""

from typing import Any

import pytest

from accounts.mail.models import Message
from checkout.order import services as desk
from checkout.order.models import Order, OrderNote
from checkout.payment.reconcile import reconcile
from checkout.payment.services import pay, settle
from tests.checkout.conftest import books, token
from tests.stripe_double.control import Double


@pytest.fixture
def placed(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Paid: two Butterflies, 123.65 CAD."""
    made = order(basket=cart((product(stock=5), 2)))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def ship(order: Order, pieces: int) -> None:
    quantities = {order.lines.get().pk: pieces}
    desk.ship_parcel(
        order=order, quantities=quantities, carrier="UPS", tracking_number="1Z", by=None
    )


def test_what_a_smaller_capture_released_is_no_refund(placed: Order, stripe_double: Double):
    intent = stripe_double.intents()[0]["id"]
    stripe_double.capture(intent, 10000)
    settle(placed.attempts.get().pk)
    attempt = placed.attempts.get()
    assert (attempt.state, attempt.captured_cents, attempt.refunded_cents) == (
        "captured", 10000, 0,
    )  # fmt: skip
    total = attempt.amount_cents
    assert books(placed) == [("authorise", total), ("capture", 10000)]
    assert not Message.objects.filter(kind="order-refunded").exists()
    note = OrderNote.objects.get(order=placed)
    assert note.message == "Only 100.00 of 123.65 CAD was taken at Stripe."

    stripe_double.refund(intent, 2500)
    reconcile()
    assert books(placed)[2:] == [("refund", 2500)]
    assert placed.attempts.get().refunded_cents == 2500
    assert Message.objects.filter(kind="order-refunded").count() == 1
    assert OrderNote.objects.count() == 1
