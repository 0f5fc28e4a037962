"""An order whose payment is disputed can be cancelled, without a refund that Stripe rejects."""

from typing import Any

import pytest

from checkout.audit.services import run_audit
from checkout.fulfilment.services import cancel_order
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, OrderNote
from checkout.payment.models import StripeEvent, Transaction
from checkout.settlement.disputes import CLOSED, notify_dispute
from checkout.settlement.services import pay, settle
from tests.checkout.conftest import token
from tests.stripe_double.control import Double


@pytest.fixture
def captured(order: Any, stripe_double: Double) -> Order:
    """An unshipped order whose payment of 68.21 CAD was captured early."""
    made = order()
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.capture(stripe_double.intents()[0]["id"])
    settle(made.attempts.get().pk)
    return Order.objects.get(pk=made.pk)


def close_dispute(order: Order, double: Double, *, won: bool) -> None:
    dispute = double.close_dispute(double.disputes()[0]["id"], won=won)
    notify_dispute(order, StripeEvent(type=CLOSED, object_id=dispute["id"]))


@pytest.mark.parametrize("lost", [False, True], ids=["open dispute", "lost dispute"])
def test_disputed_order_is_cancelled_without_refund(
    captured: Order, stripe_double: Double, lost: bool
):
    stripe_double.open_dispute(stripe_double.intents()[0]["id"])
    if lost:
        close_dispute(captured, stripe_double, won=False)
    cancelled = cancel_order(order=captured, reason="Stolen card", by=None)
    assert cancelled.status == "cancelled"
    assert not Transaction.objects.filter(type="refund").exists()
    assert stripe_double.refunds() == []
    assert (
        OrderNote.objects.filter(order=captured)
        .filter(message__startswith="The payment is disputed, so it is not refunded.")
        .count()
        == 1
    )
    line = captured.lines.get()
    assert (line.cancelled, line.stockrecord.num_allocated) == (1, 0)
    assert run_audit().breaches == []


def test_won_dispute_of_cancelled_order_is_a_breach_until_refunded(
    captured: Order, stripe_double: Double
):
    stripe_double.open_dispute(stripe_double.intents()[0]["id"])
    cancel_order(order=captured, reason="Stolen card", by=None)
    close_dispute(captured, stripe_double, won=True)
    (breach,) = run_audit(only=["unplaced-payments"]).breaches
    assert breach["problem"] == "It is cancelled, but 68.21 CAD is not refunded."


def test_other_rejected_refund_leaves_order_unchanged(captured: Order, stripe_double: Double):
    stripe_double.fault(r"POST /v1/refunds$", status=400, code="charge_already_refunded")
    with pytest.raises(OrderActionError):
        cancel_order(order=captured, reason="Sold out", by=None)
    captured.refresh_from_db()
    assert captured.status == "placed"
    assert captured.attempts.get().disputed_at is None
    assert captured.lines.get().stockrecord.num_allocated == 1
