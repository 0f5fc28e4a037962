"""The server that handles the admin or a webhook is killed at every step.

For every other case, the scheduled jobs of an hour run before the next try.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from checkout.audit.services import run_audit
from checkout.fulfilment import services as services
from checkout.fulfilment.admin.forms import RefundForm
from checkout.fulfilment.shipments import create_shipment
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import StripeEvent
from checkout.settlement.services import pay
from tests.checkout.conftest import token, transactions
from tests.checkout.failures.killed_process import every_step
from tests.checkout.failures.recovery import (
    allocated_units,
    emails_to_shopper,
    intent_states,
    run_jobs,
    stock_levels,
)
from tests.checkout.failures.scenario import CONFIRM, RETRIEVE
from tests.checkout.webhooks import HELD, deliver
from tests.stripe_double.control import Double

pytestmark = pytest.mark.usefixtures("postgres_only")


@dataclass
class Case:
    """One order, and the step at which its process was killed."""

    order: Order
    killed_at: str = ""

    def now(self) -> Order:
        return Order.objects.get(pk=self.order.pk)

    def state(self, double: Double) -> Any:
        """State, intents, transactions, allocated units, and emails to the shopper."""
        order = self.now()
        return (
            order.status,
            intent_states(order, double),
            transactions(order),
            allocated_units(order),
            emails_to_shopper(order),
        )


@pytest.fixture
def paid(order: Any, cart: Any, product: Any, stripe_double: Double) -> Callable[[], Order]:
    """Make authorized orders: two units each of the only product, 123.65 CAD."""
    plane = product(stock=200)

    def make() -> Order:
        made = order(basket=cart((plane, 2)))
        pay(order=made, confirmation_token=token(stripe_double))
        return Order.objects.get(pk=made.pk)

    return make


def kill_at_each_step(
    make: Callable[[], Order],
    act: Callable[[Order], Any],
    double: Double,
    *,
    again: bool = True,
    stride: int = 1,
) -> list[Case]:
    """Act on one order after another, each time killed `stride` steps later; then finish.

    Half are retried immediately, the others after the scheduled jobs; without `again`,
    only the jobs finish them.
    """

    def prepare() -> tuple[Case, Callable[[], Any]]:
        case = Case(make())
        return case, lambda: act(case.order)

    cases, later = [], []
    for case, case.killed_at in every_step(prepare, stride=stride):
        cases.append(case)
        if len(cases) % 2:
            act(case.order)
        else:
            later.append(case)
    run_jobs(double)
    for case in later if again else ():
        act(case.order)
    run_jobs(double)
    return cases


def ship_one_unit(order: Order) -> ShippingEvent:
    return create_shipment(
        order=Order.objects.get(pk=order.pk), quantities={order.lines.get().pk: 1},
        carrier="UPS", tracking_number="1Z", by=None,
    )  # fmt: skip


def test_shipment_of_a_killed_server_is_created_and_captured_once(paid: Any, stripe_double: Double):
    # Mutation: without _existing_shipment() the second try shipped the other unit as well
    cases = kill_at_each_step(paid, ship_one_unit, stripe_double)
    for case in cases:
        assert case.state(stripe_double) == (
            "part-shipped", ["succeeded"], [("authorize", 12365), ("capture", 12365)], 1,
            {"order-confirmed": 1, "shipment-sent": 1},
        ), case.killed_at  # fmt: skip
        assert case.order.shipping_events.count() == 1
    assert stock_levels() == (200 - len(cases), len(cases))
    assert len(cases) > 15
    assert run_audit().last_line == "audit: 0 breaches"


def cancel(order: Order) -> Order:
    return services.cancel_order(order=Order.objects.get(pk=order.pk), reason="Sold out", by=None)


def test_cancellation_of_a_killed_server_happens_once(paid: Any, stripe_double: Double):
    # Mutation: a cancellation that did not look again after Stripe's "no" raised GatewayRefused
    cases = kill_at_each_step(paid, cancel, stripe_double)
    for case in cases:
        assert case.state(stripe_double) == (
            "cancelled", ["canceled"], [("authorize", 12365), ("void", 12365)], 0,
            {"order-confirmed": 1, "order-cancelled": 1},
        ), case.killed_at  # fmt: skip
    assert stock_levels() == (200, 0)
    assert len(cases) > 15
    assert run_audit().last_line == "audit: 0 breaches"


def test_partial_cancellation_of_a_killed_server_is_refunded_once(paid: Any, stripe_double: Double):
    # Mutation: with a new key for each try, and no search for an older one, it was refunded twice
    def half_shipped() -> Order:
        made = paid()
        ship_one_unit(made)
        return made

    cases = kill_at_each_step(half_shipped, cancel, stripe_double, stride=2)
    for case in cases:
        assert case.state(stripe_double) == (
            "shipped", ["succeeded"],
            [("authorize", 12365), ("capture", 12365), ("refund", 5545)], 0,
            {"order-confirmed": 1, "shipment-sent": 1, "items-cancelled": 1, "order-refunded": 1},
        ), case.killed_at  # fmt: skip
    assert [row["amount"] for row in stripe_double.refunds()] == [5545] * len(cases)
    assert stock_levels() == (200 - len(cases), 0)
    assert run_audit().last_line == "audit: 0 breaches"


def test_webhook_of_a_killed_server_is_settled_later(
    paid: Any, order: Any, cart: Any, stripe_double: Double
):
    # Mutation: without _settle_events() the events of killed servers stayed open
    plane = paid().lines.get().product

    def authorized() -> Order:
        made = order(basket=cart((plane, 2)))
        stripe_double.fault(RETRIEVE, status=500, times=3)
        stripe_double.fault(CONFIRM, lost=True, when="after", times=3)
        pay(order=made, confirmation_token=token(stripe_double))
        stripe_double.clear_faults()
        return made

    def call(made: Order) -> None:
        intent = made.attempts.get().intent_id
        [event] = [e for e in stripe_double.events(HELD) if e["data"]["object"]["id"] == intent]
        assert deliver(Client(), json.dumps(event).encode()).status_code == 204

    cases = kill_at_each_step(authorized, call, stripe_double, again=False)
    for case in cases:
        assert case.state(stripe_double) == (
            "placed", ["requires_capture"], [("authorize", 12365)], 2, {"order-confirmed": 1},
        ), case.killed_at  # fmt: skip
    assert not StripeEvent.objects.filter(settled_at=None).exists()
    assert len(cases) > 15
    assert run_audit().last_line == "audit: 0 breaches"


def refund(order: Order) -> None:
    """Send a refund form that was opened before any refund; ignore the rejection of a repeat."""
    page = {"amount": "10.00", "reason": "Bent wing", "seen": "12365"}
    form = RefundForm(page, subject=Order.objects.get(pk=order.pk))
    if form.is_valid():
        with suppress(OrderActionError):
            form.perform(None)


def test_refund_of_a_killed_server_is_made_once(paid: Any, stripe_double: Double):
    # Mutation: with `seen` ignored, no search for lost refunds and a new plan for each try, 10.00
    # were refunded twice where the server was killed after Stripe had responded
    def half_shipped() -> Order:
        made = paid()
        ship_one_unit(made)
        return made

    cases = kill_at_each_step(half_shipped, refund, stripe_double, stride=2)
    for case in cases:
        assert case.state(stripe_double) == (
            "part-shipped", ["succeeded"],
            [("authorize", 12365), ("capture", 12365), ("refund", 1000)], 1,
            {"order-confirmed": 1, "shipment-sent": 1, "order-refunded": 1},
        ), case.killed_at  # fmt: skip
    assert [row["amount"] for row in stripe_double.refunds()] == [1000] * len(cases)
    assert len(cases) > 15
    assert run_audit().last_line == "audit: 0 breaches"
