"""Oscar's signals: once for each change of a state, after its commit."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from oscar.apps.order.signals import (
    order_line_status_changed,
    order_placed,
    order_status_changed,
)

from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from checkout.order.states import NotAllowed
from checkout.payment.models import PaymentAttempt
from checkout.settlement.reconcile import expire_orders
from checkout.settlement.services import pay
from checkout.settlement.settle import settle
from tests.checkout.conftest import token
from tests.checkout.factories import make_offer
from tests.checkout.failures.conftest import end_payment_windows
from tests.checkout.returns.helpers import ship
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent() -> Iterator[list[tuple[str, ...]]]:
    """The signals that were sent, each with the stored state when it was sent."""
    signals: list[tuple[str, ...]] = []

    def stored(order: Order) -> str:
        assert not connection.in_atomic_block
        return str(Order.objects.values_list("status", flat=True).get(pk=order.pk))

    def on_placed(sender: Any, order: Order, user: Any, **kwargs: Any) -> None:
        signals.append(("placed", user.email if user else "guest", stored(order)))

    def on_state(sender: Any, order: Order, old_status: str, new_status: str, **kw: Any) -> None:
        signals.append((old_status, new_status, stored(order)))

    def on_line(sender: Any, line: Any, old_status: str, new_status: str, **kw: Any) -> None:
        signals.append(("line", old_status, new_status))

    receivers = [
        (order_placed, on_placed),
        (order_status_changed, on_state),
        (order_line_status_changed, on_line),
    ]
    for signal, receiver in receivers:
        signal.connect(receiver)
    yield signals
    for signal, receiver in receivers:
        signal.disconnect(receiver)


def test_paid_order_is_announced_once(sent: Any, order: Any, alice: Any, stripe_double: Double):
    # Mutation: order_placed in place_order(): announced before it was paid
    made = order(user=alice)
    assert sent == []
    pay(order=made, confirmation_token=token(stripe_double))
    placed = [("placed", "alice@example.com", "placed"), ("pending", "placed", "placed")]
    assert sent == placed
    settle(PaymentAttempt.objects.get().pk)
    pay(order=made, confirmation_token=token(stripe_double))
    assert sent == placed


def test_free_order_that_is_delivered_at_once_is_announced(sent: Any, order: Any, product: Any):
    make_offer("All of it", percent="100")
    plane = product()
    type(plane.product_class).objects.update(requires_shipping=False)
    made = order(type(plane).objects.get())
    pay(order=made, confirmation_token="")
    assert sent == [
        ("placed", "guest", "shipped"),
        ("pending", "placed", "shipped"),
        ("line", "ordered", "shipped"),
        ("placed", "shipped", "shipped"),
    ]


def test_expired_order_is_announced_when_it_expires_and_when_it_is_paid_late(
    sent: Any, order: Any, stripe_double: Double
):
    order()
    end_payment_windows()
    expire_orders()
    assert sent == [("pending", "expired", "expired")]


def test_shipment_announces_order_and_lines(
    sent: Any, order: Any, cart: Any, product: Any, stripe_double: Double
):
    # Mutation: Line.move_to() without announce_line_state()
    made = order(basket=cart((product(), 2)))
    pay(order=made, confirmation_token=token(stripe_double))
    sent.clear()
    ship(made, 1)
    ship(made, 1, tracking_number="CP2")
    assert sent == [
        ("line", "ordered", "part-shipped"),
        ("placed", "part-shipped", "part-shipped"),
        ("line", "part-shipped", "shipped"),
        ("part-shipped", "shipped", "shipped"),
    ]


def test_cancellation_is_announced(sent: Any, order: Any, stripe_double: Double):
    made = order()
    pay(order=made, confirmation_token=token(stripe_double))
    sent.clear()
    cancel_order(order=made, reason="Sold out.", by=None)
    assert sent[-1] == ("placed", "cancelled", "cancelled")
    assert len([each for each in sent if each[0] != "line"]) == 1


def _place_and_ship(order: Order) -> None:
    """Make an allowed change, then one that is not."""
    order.move_to("placed")
    order.move_to("pending")


def test_change_that_is_rolled_back_is_not_announced(sent: Any, order: Any):
    # Mutation: send() in move_to() instead of on commit
    made = order()
    with transaction.atomic(), pytest.raises(NotAllowed), transaction.atomic():
        _place_and_ship(made)
    assert sent == []
    assert Order.objects.get().status == "pending"


def test_receiver_that_fails_stops_nothing(
    sent: Any, order: Any, stripe_double: Double, caplog: pytest.LogCaptureFixture
):
    # Mutation: send() instead of send_robust(): the paid shopper saw an error page
    def broken(**kwargs: Any) -> None:
        raise ValueError("no such list")

    order_placed.connect(broken)
    try:
        made = order()
        pay(order=made, confirmation_token=token(stripe_double))
    finally:
        order_placed.disconnect(broken)
    assert sent == [("placed", "guest", "placed"), ("pending", "placed", "placed")]
    assert "no such list" in caplog.text


@pytest.mark.concurrency
def test_concurrent_settling_announces_once(
    sent: Any, order: Any, stripe_double: Double, needs_postgres: None
):
    # Mutation: settle() without the order's lock
    made = order()
    stripe_double.hold_webhooks()
    stripe_double.fault(r"GET /v1/payment_intents", status=500, times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    assert sent == []
    pk = PaymentAttempt.objects.get().pk
    settling: list[Callable[[], Any]] = [lambda: settle(pk)] * 4
    results = run_concurrently(*settling)
    assert not [each for each in results if isinstance(each, Exception)]
    assert sent == [("placed", "guest", "placed"), ("pending", "placed", "placed")]
