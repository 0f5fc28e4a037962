"""What a smaller capture or a cancellation releases, in both shapes that Stripe's history has.

Since API 2025-03-31.basil Stripe says nothing of released money. Before, it booked it as a refund,
and such histories stay in the account.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.mail.models import Message
from checkout.audit.services import run_audit
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.fulfilment.shipments import create_shipment
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, OrderNote
from checkout.payment.models import PaymentAlert, PaymentAttempt, StripeEvent
from checkout.payment.stripe_objects import released_cents
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay, settle
from checkout.settlement.settle import settle_event
from tests.checkout.conftest import token, transactions
from tests.stripe_double.control import Double

WAYS: dict[str, Callable[[Order], Any]] = {
    "settle": lambda order: settle(order.attempts.get().pk),
    "reconcile": lambda order: reconcile(),
    "refund event": lambda order: settle_event(order.attempts.get(), _refund_event()),
}
ALL_TAKEN = [("authorize", 19022), ("capture", 16803)]


def _refund_event() -> StripeEvent:
    return StripeEvent(type="charge.refunded", object_id="ch_1", intent_id="pi_1")


@pytest.fixture(params=["basil", "before basil"])
def history(request: pytest.FixtureRequest, stripe_double: Double) -> str:
    """Stripe's behaviour when the payment was captured; it is today's again afterwards."""
    stripe_double.before_basil(request.param == "before basil")
    return str(request.param)


@pytest.fixture
def placed(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Paid: two Butterflies and three Ladybirds at 22.19 CAD with tax, 190.22 CAD in all."""
    basket = cart((product(stock=5), 2), (product("Ladybird", price="19.99", stock=3), 3))
    made = order(basket=basket)
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def quantities(order: Order, *each: int) -> dict[int, int]:
    keys = order.lines.order_by("pk").values_list("pk", flat=True)
    return dict(zip(keys, each, strict=True))


@pytest.fixture
def captured(history: str, placed: Order, stripe_double: Double) -> Order:
    """One Ladybird was cancelled, the rest shipped: 168.03 of 190.22 CAD are captured."""
    cancel_items(order=placed, quantities=quantities(placed, 0, 1), reason="Sold out", by=None)
    create_shipment(
        order=placed, quantities=quantities(placed, 2, 2), carrier="UPS", tracking_number="1Z",
        by=None,
    )  # fmt: skip
    stripe_double.before_basil(False)
    assert stripe_double.charges()[0]["amount_captured"] == 16803
    return Order.objects.get(pk=placed.pk)


def sums(order: Order) -> tuple[str, int, int]:
    attempt = PaymentAttempt.objects.get(order=order)
    return attempt.state, attempt.captured_cents, attempt.refunded_cents


@pytest.mark.parametrize("way", WAYS)
def test_released_money_is_no_refund(captured: Order, stripe_double: Double, way: str):
    WAYS[way](captured)
    assert sums(captured) == ("captured", 16803, 0)
    assert transactions(captured) == ALL_TAKEN
    assert not Message.objects.filter(email_type="order-refunded").exists()
    assert not PaymentAlert.objects.exists()
    assert run_audit().breaches == []


@pytest.mark.parametrize("way", WAYS)
def test_refund_of_as_much_as_was_released_counts_and_is_made_once(
    captured: Order, stripe_double: Double, way: str
):
    # The bug of the older code: the total went back to 0, and six more such refunds were paid.
    refund_order(order=captured, cents=2219, reason="Bent wing", by=None)
    WAYS[way](captured)
    assert sums(captured) == ("captured", 16803, 2219)
    assert transactions(captured) == [*ALL_TAKEN, ("refund", 2219)]
    assert run_audit().breaches == []
    with pytest.raises(OrderActionError, match=r"between \$0.01 and \$145.84"):
        refund_order(order=captured, cents=14585, reason="Everything", by=None)
    refund_order(order=captured, cents=14584, reason="Everything", by=None)
    WAYS[way](captured)
    assert sums(captured) == ("captured", 16803, 16803)
    with pytest.raises(OrderActionError):
        refund_order(order=captured, cents=1, reason="More", by=None)
    assert run_audit().breaches == []


@pytest.mark.parametrize("way", WAYS)
def test_dashboard_refund_of_as_much_as_was_released_is_booked(
    captured: Order, stripe_double: Double, way: str
):
    refund = stripe_double.refund(stripe_double.intents()[0]["id"], 2219)
    WAYS[way](captured)
    assert sums(captured) == ("captured", 16803, 2219)
    assert captured.attempts.get().transactions.get(type="refund").stripe_id == refund["id"]
    assert Message.objects.filter(email_type="order-refunded").count() == 1
    assert run_audit().breaches == []


def test_refund_that_failed_is_taken_back_and_the_release_stays_out(
    captured: Order, stripe_double: Double
):
    refund_order(order=captured, cents=2219, reason="Bent wing", by=None)
    stripe_double.finish_refund(stripe_double.refunds()[-1]["id"], succeeded=False)
    settle(captured.attempts.get().pk)
    assert sums(captured) == ("captured", 16803, 0)
    assert [alert.text[:35] for alert in PaymentAlert.objects.all()] == [
        "Refund of 22.19 CAD failed: the ban"
    ]
    refund_order(order=captured, cents=2219, reason="Bent wing", by=None)
    assert sums(captured) == ("captured", 16803, 2219)
    assert run_audit().breaches == []


def test_audit_reports_an_unrecorded_refund(captured: Order, stripe_double: Double):
    stripe_double.refund(stripe_double.intents()[0]["id"], 2219)
    run = run_audit(only=["stripe-payments"])
    assert [breach["problem"] for breach in run.breaches] == [
        "Stripe says succeeded, 168.03 CAD captured, 22.19 CAD refunded; "
        "our records say captured, 168.03 CAD captured, 0.00 CAD refunded."
    ]


def test_cancelled_order_releases_its_hold(history: str, placed: Order, stripe_double: Double):
    cancel_order(order=placed, reason="Sold out", by=None)
    settle(placed.attempts.get().pk)
    reconcile()
    assert stripe_double.intents()[0]["status"] == "canceled"
    assert sums(placed) == ("cancelled", 0, 0)
    assert transactions(placed) == [("authorize", 19022), ("void", 19022)]
    assert not Message.objects.filter(email_type="order-refunded").exists()
    assert run_audit().breaches == []


def test_expired_authorization_alerts_staff(history: str, placed: Order, stripe_double: Double):
    stripe_double.expire(stripe_double.intents()[0]["id"])
    settle(placed.attempts.get().pk)
    assert sums(placed) == ("cancelled", 0, 0)
    assert transactions(placed) == [("authorize", 19022), ("void", 19022)]
    assert OrderNote.objects.get(order=placed).message == (
        "The payment was released at Stripe. This order is not paid."
    )
    assert [breach["check"] for breach in run_audit().breaches] == ["orders-paid"]


@pytest.mark.parametrize("amount", [None, 10000], ids=["all", "a part"])
def test_money_that_no_order_keeps_is_refunded_once(
    history: str, order: Any, product: Any, stripe_double: Double, amount: int | None
):
    """_return_payment(): order cancelled, its authorization captured in the dashboard."""
    made = order(product(stock=2))
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    intent = stripe_double.intents()[0]["id"]
    stripe_double.alter_amount(intent, 19022)  # not what was ordered
    stripe_double.capture(intent, amount)
    stripe_double.before_basil(False)
    taken = amount or 19022
    for _ in range(2):
        settle(made.attempts.get().pk)
    charge = stripe_double.charges()[0]
    assert (charge["amount_captured"], charge["refunded"]) == (taken, True)
    assert transactions(made) == [("authorize", 19022), ("capture", taken), ("refund", taken)]
    assert PaymentAlert.objects.get().text == (
        f"{taken / 100:.2f} CAD returned to the customer: The amount paid is not the order total."
    )
    assert Order.objects.get(pk=made.pk).status == "cancelled"
    assert run_audit().breaches == []


@pytest.mark.parametrize(
    ("moved", "rate", "released"),
    [(4000, None, 0), (4200, None, 200), (2897, 0.7243, 0), (3042, 0.7243, 200)],
)
def test_balance_transaction_tells_the_shape_in_any_currency(
    moved: int, rate: float | None, released: int
):
    """An account that is paid out in another currency has its rate on the balance transaction."""
    transaction = SimpleNamespace(amount=moved, exchange_rate=rate)
    charge = SimpleNamespace(amount=4200, amount_captured=4000, balance_transaction=transaction)
    assert released_cents(charge) == released
    charge.balance_transaction = None  # of a capture that is minutes old
    assert released_cents(charge) == 0
