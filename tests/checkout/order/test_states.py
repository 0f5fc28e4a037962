"""Orders and payment attempts change state only as their tables allow."""

from typing import Any

import pytest

from checkout.order.models import Order
from checkout.order.states import ORDER, NotAllowed, OrderState
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.payment.states import ATTEMPT


def test_order_rejects_invalid_transition(order: Any):
    made = order()
    with pytest.raises(NotAllowed, match="An order that is pending cannot become shipped"):
        made.move_to(OrderState.SHIPPED)
    now = Order.objects.get(pk=made.pk)
    assert (made.status, now.status, now.status_changes.count()) == ("pending", "pending", 0)


def test_attempt_rejects_invalid_transition(order: Any):
    attempt = order().attempts.get()
    attempt.move_to(AttemptState.CANCELLED)
    attempt.save()
    with pytest.raises(NotAllowed, match="attempt that is cancelled cannot become captured"):
        attempt.move_to(AttemptState.CAPTURED)
    assert (attempt.state, PaymentAttempt.objects.get().state) == ("cancelled", "cancelled")


def test_attempt_may_move_to_its_own_state(order: Any):
    attempt = order().attempts.get()
    attempt.move_to(AttemptState.AUTHORIZED)
    attempt.move_to(AttemptState.AUTHORIZED)
    assert attempt.state == "authorized"


def test_final_states_have_no_transitions():
    assert [state for state in OrderState if ORDER.is_end(state)] == ["shipped", "cancelled"]
    assert [state for state in AttemptState if ATTEMPT.is_end(state)] == ["cancelled"]
