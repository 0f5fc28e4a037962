"""An order that its customer cancels before anything has left."""

from typing import Any

import pytest

from accounts.mail.models import Message
from checkout.order.models import Order
from checkout.returns import services
from checkout.returns.services import ReturnError
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay
from tests.checkout.conftest import books, token
from tests.checkout.returns.conftest import send
from tests.checkout.returns.test_services import everything, kinds, shelf
from tests.stripe_double.control import Double


@pytest.fixture
def placed(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Paid, not shipped: two Butterflies, 123.65 CAD."""
    made = order(basket=cart((product(), 2)))
    pay(order=made, confirmation_token=token(stripe_double))
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)


@pytest.mark.promise("cancel-until-it-leaves", "nothing-for-cancelled")
def test_a_customer_cancels_a_placed_order_and_nothing_is_charged(
    placed: Order, stripe_double: Double
):
    services.cancel_by_customer(order=placed, why="Too slow")
    assert Order.objects.get(pk=placed.pk).status == "cancelled"
    assert [kind for kind, _ in books(placed)] == ["authorise", "void"]
    assert (shelf(), stripe_double.intents()[0]["status"]) == ([(10, 0)], "canceled")
    assert kinds() == ["order-cancelled", "cancelled-for-staff"]
    before = everything(placed)
    services.cancel_by_customer(order=placed, why="again")
    assert everything(placed) == before


def test_a_customer_cancels_an_order_that_waits_for_its_payment(order: Any, stripe_double: Double):
    waiting = order()
    services.cancel_by_customer(order=waiting, why="")
    assert (Order.objects.get(pk=waiting.pk).status, shelf()) == ("cancelled", [(10, 0)])


def test_what_was_captured_before_anything_left_goes_back(placed: Order, stripe_double: Double):
    stripe_double.capture(stripe_double.intents()[0]["id"])
    reconcile()
    services.cancel_by_customer(order=placed, why="")
    assert [kind for kind, _ in books(placed)] == ["authorise", "capture", "refund"]
    assert books(placed)[1][1] == books(placed)[2][1]


@pytest.mark.promise("cancel-until-it-leaves")
def test_a_parcel_that_left_meanwhile_is_said_in_a_sentence(placed: Order):
    send(placed, 1)
    before = everything(placed)
    with pytest.raises(ReturnError, match="A parcel of this order has left, so it cannot be canc"):
        services.cancel_by_customer(order=placed, why="")
    assert everything(placed) == before


def test_a_cancellation_that_stripe_does_not_answer_changes_nothing_and_claims_nothing(
    placed: Order, stripe_double: Double
):
    # Broken once: it said that nothing had changed, while Stripe had released the money.
    before = everything(placed)
    stripe_double.fault(r"/cancel$", lost=True, when="after", times=3)
    with pytest.raises(ReturnError, match=r"could not be cancelled just now\. Please try"):
        services.cancel_by_customer(order=placed, why="")
    assert everything(placed) == before
    services.cancel_by_customer(order=placed, why="")
    assert Order.objects.get(pk=placed.pk).status == "cancelled"
