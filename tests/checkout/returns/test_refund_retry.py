"""Retrying a refund whose answer was lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.fulfilment.refund_actions import refund_order
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.refunds.models import PlannedRefund
from checkout.settlement.services import settle
from tests.checkout.conftest import transactions
from tests.stripe_double.control import Double


@pytest.fixture
def unanswered(shipped: Order, stripe_double: Double) -> Order:
    """Stripe refunded 5.00 CAD, but its answer was lost; a webhook recorded the refund."""
    stripe_double.fault(r"POST /v1/refunds$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        refund_order(order=shipped, cents=500, reason="A scratch", by=None)
    settle(shipped.attempts.get().pk)
    return shipped


def ask(order: Order, reason: str = "A scratch") -> Transaction:
    return refund_order(order=order, cents=500, reason=reason, by=None)


def long_ago(**age: Any) -> None:
    Transaction.objects.filter(type="refund").update(created_at=timezone.now() - timedelta(**age))


def refunds(order: Order) -> list[int]:
    return [cents for kind, cents in transactions(order) if kind == "refund"]


def test_retry_within_ten_minutes_returns_the_same_refund(unanswered: Order):
    long_ago(minutes=9)
    assert ask(unanswered) == Transaction.objects.get(type="refund")
    assert refunds(unanswered) == [500]


def test_retry_within_a_day_is_rejected_as_already_refunded(unanswered: Order):
    # regression: an older refund was returned as if it were this one
    for age in ({"minutes": 11}, {"hours": 23}):
        long_ago(**age)
        for _ in range(2):
            with pytest.raises(
                OrderActionError, match=r"\$5.00 was already refunded for this reason on "
            ):
                ask(unanswered)
    assert refunds(unanswered) == [500]
    assert list(PlannedRefund.objects.values_list("answered", flat=True)) == [False]


def test_same_amount_with_another_reason_is_a_new_refund(unanswered: Order):
    long_ago(minutes=11)
    ask(unanswered, "A second scratch")
    assert refunds(unanswered) == [500, 500]


def test_same_amount_after_a_day_is_a_new_refund(unanswered: Order):
    long_ago(hours=25)
    ask(unanswered)
    assert refunds(unanswered) == [500, 500]
