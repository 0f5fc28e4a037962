"""The process that serves the order desk or a webhook is killed at every step of it.

Every other case has an hour between the death and the next try, in which beat's jobs run.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from checkout.audit.services import run_audit
from checkout.fulfilment import services as desk
from checkout.fulfilment.admin.forms import RefundForm
from checkout.fulfilment.shipments import create_shipment
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import StripeEvent
from checkout.settlement.services import pay
from tests.checkout.conftest import books, token
from tests.checkout.failures.aftermath import beat, held_pieces, letters, money, shelf
from tests.checkout.failures.killing import every_step
from tests.checkout.failures.scene import CONFIRM, LOOK
from tests.checkout.webhooks import HELD, deliver
from tests.stripe_double.control import Double

pytestmark = pytest.mark.usefixtures("needs_threads")


@dataclass
class Case:
    """One order, and where the process that worked on it died."""

    order: Order
    died_at: str = ""

    def now(self) -> Order:
        return Order.objects.get(pk=self.order.pk)

    def state(self, double: Double) -> Any:
        """State, money at Stripe, books, pieces still promised, letters to the shopper."""
        order = self.now()
        return order.status, money(order, double), books(order), held_pieces(order), letters(order)


@pytest.fixture
def paid(order: Any, cart: Any, product: Any, stripe_double: Double) -> Callable[[], Order]:
    """Make orders whose money is held: two pieces each of the only product, 123.65 CAD."""
    plane = product(stock=200)

    def make() -> Order:
        made = order(basket=cart((plane, 2)))
        pay(order=made, confirmation_token=token(stripe_double))
        return Order.objects.get(pk=made.pk)

    return make


def each_death(
    make: Callable[[], Order],
    act: Callable[[Order], Any],
    double: Double,
    *,
    again: bool = True,
    stride: int = 1,
) -> list[Case]:
    """Do something to order after order, each time dying a step or `stride` later; then finish it.

    Half of them are taken up again at once, the others only after beat's jobs have run; or, not
    `again`, by nothing but those jobs.
    """

    def prepare() -> tuple[Case, Callable[[], Any]]:
        case = Case(make())
        return case, lambda: act(case.order)

    cases, later = [], []
    for case, case.died_at in every_step(prepare, stride=stride):
        cases.append(case)
        if len(cases) % 2:
            act(case.order)
        else:
            later.append(case)
    beat(double)
    for case in later if again else ():
        act(case.order)
    beat(double)
    return cases


def ship_one(order: Order) -> ShippingEvent:
    return create_shipment(
        order=Order.objects.get(pk=order.pk), quantities={order.lines.get().pk: 1},
        carrier="UPS", tracking_number="1Z", by=None,
    )  # fmt: skip


def test_a_parcel_whose_server_died_leaves_once_and_takes_the_money_once(
    paid: Any, stripe_double: Double
):
    # Mutation: without _parcel_called() the second try sent the other piece as well.
    cases = each_death(paid, ship_one, stripe_double)
    for case in cases:
        assert case.state(stripe_double) == (
            "part-shipped", ["succeeded"], [("authorize", 12365), ("capture", 12365)], 1,
            {"order-received": 1, "shipment-sent": 1},
        ), case.died_at  # fmt: skip
        assert case.order.shipping_events.count() == 1
    assert shelf() == (200 - len(cases), len(cases))
    assert len(cases) > 15
    assert run_audit().last_line == "audit: 0 breaches"


def cancel(order: Order) -> Order:
    return desk.cancel_order(order=Order.objects.get(pk=order.pk), reason="Sold out", by=None)


def test_an_order_whose_cancelling_died_is_cancelled_once(paid: Any, stripe_double: Double):
    # Mutation: a cancel that did not look again after Stripe's "no" raised GatewayRefused.
    cases = each_death(paid, cancel, stripe_double)
    for case in cases:
        assert case.state(stripe_double) == (
            "cancelled", ["canceled"], [("authorize", 12365), ("void", 12365)], 0,
            {"order-received": 1, "order-cancelled": 1},
        ), case.died_at  # fmt: skip
    assert shelf() == (200, 0)
    assert len(cases) > 15
    assert run_audit().last_line == "audit: 0 breaches"


def test_the_rest_of_an_order_whose_cancelling_died_is_given_back_once(
    paid: Any, stripe_double: Double
):
    # Mutation: with a new key for each try, and no look for an older one, it was paid twice.
    def half_shipped() -> Order:
        made = paid()
        ship_one(made)
        return made

    cases = each_death(half_shipped, cancel, stripe_double, stride=2)
    for case in cases:
        assert case.state(stripe_double) == (
            "shipped", ["succeeded"],
            [("authorize", 12365), ("capture", 12365), ("refund", 5545)], 0,
            {"order-received": 1, "shipment-sent": 1, "items-cancelled": 1, "order-refunded": 1},
        ), case.died_at  # fmt: skip
    assert [row["amount"] for row in stripe_double.refunds()] == [5545] * len(cases)
    assert shelf() == (200 - len(cases), 0)
    assert run_audit().last_line == "audit: 0 breaches"


def test_a_webhook_whose_handler_died_is_settled_by_the_next_one_or_by_the_job(
    paid: Any, order: Any, cart: Any, stripe_double: Double
):
    # Mutation: without _settle_events() the events of dead handlers stayed open.
    plane = paid().lines.get().product

    def authorized() -> Order:
        made = order(basket=cart((plane, 2)))
        stripe_double.fault(LOOK, status=500, times=3)
        stripe_double.fault(CONFIRM, lost=True, when="after", times=3)
        pay(order=made, confirmation_token=token(stripe_double))
        stripe_double.clear_faults()
        return made

    def call(made: Order) -> None:
        intent = made.attempts.get().intent_id
        [event] = [e for e in stripe_double.events(HELD) if e["data"]["object"]["id"] == intent]
        assert deliver(Client(), json.dumps(event).encode()).status_code == 204

    cases = each_death(authorized, call, stripe_double, again=False)
    for case in cases:
        assert case.state(stripe_double) == (
            "placed", ["requires_capture"], [("authorize", 12365)], 2, {"order-received": 1},
        ), case.died_at  # fmt: skip
    assert not StripeEvent.objects.filter(settled_at=None).exists()
    assert len(cases) > 15
    assert run_audit().last_line == "audit: 0 breaches"


def refund(order: Order) -> None:
    """Send the page that was opened before any money went back; what a first try did is told."""
    page = {"amount": "10.00", "reason": "Bent wing", "seen": "12365"}
    form = RefundForm(page, subject=Order.objects.get(pk=order.pk))
    if form.is_valid():
        with suppress(OrderActionError):
            form.perform(None)


def test_a_refund_whose_server_died_is_made_once(paid: Any, stripe_double: Double):
    # Mutation: with `seen` unread, no look for lost refunds and a new plan for each try, 10.00
    # went back twice where the server died after Stripe had answered.
    def half_shipped() -> Order:
        made = paid()
        ship_one(made)
        return made

    cases = each_death(half_shipped, refund, stripe_double, stride=2)
    for case in cases:
        assert case.state(stripe_double) == (
            "part-shipped", ["succeeded"],
            [("authorize", 12365), ("capture", 12365), ("refund", 1000)], 1,
            {"order-received": 1, "shipment-sent": 1, "order-refunded": 1},
        ), case.died_at  # fmt: skip
    assert [row["amount"] for row in stripe_double.refunds()] == [1000] * len(cases)
    assert len(cases) > 15
    assert run_audit().last_line == "audit: 0 breaches"
