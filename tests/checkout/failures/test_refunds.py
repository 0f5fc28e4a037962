"""Refunds: repeated, concurrent, here and in Stripe's dashboard."""

from dataclasses import replace

import pytest
from django.db import connection

from checkout.audit.services import run_audit
from checkout.fulfilment.capture_actions import capture_payment_early
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.settlement.reconcile import reconcile
from tests.checkout.failures.recovery import send_emails
from tests.checkout.failures.scenario import Snapshot, during_stripe_request, press_pay, snapshot
from tests.checkout.failures.staff import (
    REFUND,
    SHIPPED,
    refund,
    ship,
    while_waiting_for_lock,
)
from tests.checkout.shopper import checkout_form
from tests.concurrency import run_concurrently

pytestmark = pytest.mark.usefixtures("postgres_only")


@pytest.fixture
def shipped(paid_order, webhooks):
    ship(paid_order)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == SHIPPED
    return paid_order


def refunded(*cents: int) -> Snapshot:
    return replace(
        SHIPPED,
        transactions=(*SHIPPED.transactions, *(("refund", each) for each in cents)),
        charges=(f"captured 6716 refunded {sum(cents)}",),
        emails=SHIPPED.emails + ("order-refunded",) * len(cents),
    )


def assert_audit_is_clean() -> None:
    send_emails()
    assert run_audit().last_line == "audit: 0 breaches"


def test_concurrent_refunds_never_exceed_the_captured_amount(shipped, webhooks):
    # Mutation: _check_amount() accepted every amount: Stripe declined it, with its own message
    results = run_concurrently(*[lambda n=n: refund(shipped, 4000 + n) for n in range(6)])
    [made] = [each for each in results if not isinstance(each, OrderActionError)]
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == refunded(made.amount_cents)
    left = 6716 - made.amount_cents
    for cents in (left + 1, 0, -1):
        with pytest.raises(OrderActionError, match=rf"between \$0.01 and \${left / 100:.2f}"):
            refund(shipped, cents)
    assert snapshot(webhooks) == refunded(made.amount_cents)
    refund(shipped, left)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == refunded(made.amount_cents, left)
    assert_audit_is_clean()


def test_concurrent_identical_refunds_are_made_once(shipped, webhooks):
    # Mutation: without _record_missing_refunds() the second refund was made, too; without
    # the row lock in lock_order() it did not wait for the first
    first, second = while_waiting_for_lock(
        webhooks, REFUND, lambda: refund(shipped, 1000), lambda: refund(shipped, 1000)
    )
    assert isinstance(first, Transaction)
    assert isinstance(second, OrderActionError)
    assert str(second).startswith("$10.00 had already been refunded")
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == refunded(1000)
    assert_audit_is_clean()


def test_concurrent_refunds_from_outdated_pages_are_made_once(shipped, webhooks):
    # Mutation: with the amount compared before the order was locked, five of six succeeded
    results = run_concurrently(
        *[lambda n=n: refund(shipped, 100 + n, f"Bent {n}", left_seen=6716) for n in range(6)]
    )
    [made] = [each for each in results if isinstance(each, Transaction)]
    assert {str(each).partition(" already been")[0] for each in results if each is not made} <= {
        "The amounts have changed since you opened this page. Please open it again.",
        f"${made.amount_cents / 100:.2f} had",
    }
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == refunded(made.amount_cents)
    assert_audit_is_clean()


def test_refund_during_a_dashboard_refund_never_exceeds_the_captured_amount(shipped, webhooks):
    # Mutation: record_intent() ignored refunds: the 30.00 of the dashboard were not recorded
    intent = webhooks.intents()[0]["id"]
    rejected, _ = during_stripe_request(
        webhooks, REFUND, lambda: refund(shipped, 4000), lambda: webhooks.refund(intent, 3000)
    )
    assert isinstance(rejected, OrderActionError)
    assert str(rejected).startswith("Stripe declined the request: ")
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == refunded(3000)
    assert_audit_is_clean()


def test_refund_retried_after_a_lost_response_is_made_once(shipped, webhooks):
    # Mutation: without both _record_missing_refunds() and the search in _plan(), 10.00 were
    # refunded twice; either is enough
    webhooks.hold_webhooks()
    webhooks.fault(REFUND, lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        refund(shipped, 1000)
    assert snapshot(webhooks) == replace(SHIPPED, charges=("captured 6716 refunded 1000",))
    run_concurrently(
        lambda: refund(shipped, 1000), lambda: webhooks.release_webhooks("shuffle"), reconcile
    )
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == refunded(1000)
    assert_audit_is_clean()


def test_slow_partial_refund_does_not_block_other_buyers(guest, webhooks):
    # Mutation: with the units released before the refund, the buyer waited for the stock row
    first, second = guest(2), guest()
    press_pay(first, checkout_form(first), webhooks)
    paid_order = Order.objects.get()
    capture_payment_early(order=paid_order, reason="They agreed", by=None)
    form, units = checkout_form(second), {paid_order.lines.get().pk: 1}
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    _, response = during_stripe_request(
        webhooks, REFUND,
        lambda: cancel_items(order=paid_order, quantities=units, reason="Bent", by=None),
        lambda: press_pay(second, form, webhooks),
    )  # fmt: skip
    connection.close()
    assert response["outcome"] == "placed"
    webhooks.wait_until_idle()
    now = snapshot(webhooks)
    assert (now.orders, now.attempts) == (("placed", "placed"), ("captured", "authorized"))
    assert (now.stock, paid_order.lines.get().cancelled) == (((10, 2),), 1)
    assert_audit_is_clean()
