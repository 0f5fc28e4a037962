"""Customers cancel an order that has not shipped."""

from typing import Any

import pytest

from accounts.mail.models import Message
from checkout.order.models import Order
from checkout.returns import services
from checkout.returns.services import ReturnError
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay
from tests.checkout.conftest import token, transactions
from tests.checkout.returns.helpers import email_types, ship, snapshot, stock
from tests.stripe_double.control import Double


@pytest.fixture
def placed(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Paid, not shipped: two Butterflies, 123.65 CAD."""
    made = order(basket=cart((product(), 2)))
    pay(order=made, confirmation_token=token(stripe_double))
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)


@pytest.mark.promise("cancel-until-it-leaves", "nothing-for-cancelled")
def test_cancelled_order_is_not_charged(placed: Order, stripe_double: Double):
    services.cancel_by_customer(order=placed, note="Too slow")
    assert Order.objects.get(pk=placed.pk).status == "cancelled"
    assert [kind for kind, _ in transactions(placed)] == ["authorize", "void"]
    assert (stock(), stripe_double.intents()[0]["status"]) == ([(10, 0)], "canceled")
    assert email_types() == ["order-cancelled", "cancelled-for-staff"]
    before = snapshot(placed)
    services.cancel_by_customer(order=placed, note="again")
    assert snapshot(placed) == before


def test_unpaid_order_can_be_cancelled(order: Any, stripe_double: Double):
    waiting = order()
    services.cancel_by_customer(order=waiting, note="")
    assert (Order.objects.get(pk=waiting.pk).status, stock()) == ("cancelled", [(10, 0)])


def test_captured_payment_is_refunded_when_the_order_is_cancelled(
    placed: Order, stripe_double: Double
):
    stripe_double.capture(stripe_double.intents()[0]["id"])
    reconcile()
    services.cancel_by_customer(order=placed, note="")
    assert [kind for kind, _ in transactions(placed)] == ["authorize", "capture", "refund"]
    assert transactions(placed)[1][1] == transactions(placed)[2][1]


@pytest.mark.promise("cancel-until-it-leaves")
def test_shipped_order_cannot_be_cancelled(placed: Order):
    ship(placed, 1)
    before = snapshot(placed)
    with pytest.raises(ReturnError, match="Part of this order has already shipped, so it can no"):
        services.cancel_by_customer(order=placed, note="")
    assert snapshot(placed) == before


def test_cancellation_without_an_answer_from_stripe_changes_nothing(
    placed: Order, stripe_double: Double
):
    # regression: it claimed that nothing had changed after Stripe had released the payment
    before = snapshot(placed)
    stripe_double.fault(r"/cancel$", lost=True, when="after", times=3)
    with pytest.raises(ReturnError, match=r"could not cancel this order\. Please try"):
        services.cancel_by_customer(order=placed, note="")
    assert snapshot(placed) == before
    services.cancel_by_customer(order=placed, note="")
    assert Order.objects.get(pk=placed.pk).status == "cancelled"
