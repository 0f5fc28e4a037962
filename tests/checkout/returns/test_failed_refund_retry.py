"""A failed refund is retried with a new key, since Stripe replays the failed one for a day."""

from typing import Any

import pytest

from accounts.users.models import User
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.services import cancel_order
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.payment.models import PaymentAlert
from checkout.settlement.services import pay, settle
from tests.checkout.conftest import token, transactions
from tests.checkout.returns.helpers import ship
from tests.stripe_double.control import Double


@pytest.fixture
def placed(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Paid: two Butterflies at 33.33."""
    made = order(basket=cart((product(price="33.33"), 2)))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def lose_and_fail(act: Any, double: Double) -> None:
    """Lose Stripe's answer to a refund, then let the refund fail."""
    double.fault(r"POST /v1/refunds$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        act()
    double.finish_refund(double.refunds()[-1]["id"], succeeded=False)


def refunded(order: Order) -> list[int]:
    return [cents for kind, cents in transactions(order) if kind == "refund"]


def test_next_refund_of_cancelled_units_succeeds_after_a_failure(
    placed: Order, charlie: User, stripe_double: Double
):
    ship(placed, 1)
    pieces = {placed.lines.get().pk: 1}

    def act() -> None:
        cancel_items(order=placed, quantities=pieces, reason="Bent", by=charlie)

    for _ in range(2):
        lose_and_fail(act, stripe_double)
    act()
    statuses = [row["status"] for row in stripe_double.refunds()]
    assert statuses == ["failed", "failed", "succeeded"]
    assert refunded(placed) == [3700]
    settle(placed.attempts.get().pk)
    assert placed.attempts.get().refunded_cents == 3700


def test_order_is_cancelled_once_its_next_refund_succeeds(
    placed: Order, charlie: User, stripe_double: Double
):
    stripe_double.capture(stripe_double.intents()[0]["id"])
    settle(placed.attempts.get().pk)

    def act() -> None:
        cancel_order(order=placed, reason="Bent", by=charlie)

    lose_and_fail(act, stripe_double)
    assert Order.objects.get(pk=placed.pk).status == "placed"
    act()
    assert [row["status"] for row in stripe_double.refunds()] == ["failed", "succeeded"]
    settle(placed.attempts.get().pk)
    attempt = placed.attempts.get()
    assert attempt.refunded_cents == attempt.captured_cents == sum(refunded(placed))


def test_payment_alert_says_when_a_refused_payment_cannot_be_refunded(
    order: Any, stripe_double: Double
):
    made = order()
    stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    stripe_double.fault(r"GET /v1/payment_intents", status=500, times=3)
    pay(order=made, confirmation_token=token(stripe_double, "pm_card_refundFail"))
    intent = stripe_double.intents()[0]["id"]
    stripe_double.alter_amount(intent, 5000)
    stripe_double.capture(intent)
    stripe_double.clear_faults()
    settle(made.attempts.get().pk)
    assert PaymentAlert.objects.get().text == (
        "50.00 CAD could not be refunded (rejected by the customer’s bank): "
        "The amount paid is not the order total."
    )
    assert refunded(made) == []
