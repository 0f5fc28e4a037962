"""Changes made at Stripe are recorded here once, however we learn of them."""

from dataclasses import replace

import pytest

from checkout.audit.services import run_audit
from checkout.payment.models import StripeEvent
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import settle
from tests.checkout.failures.recovery import send_emails
from tests.checkout.failures.scenario import PLACED, press_pay, snapshot
from tests.checkout.failures.staff import (
    CANCELLED,
    NOT_PAID,
    RELEASED,
    SHIPPED,
    cancel,
    note_texts,
    refund,
    ship,
)
from tests.checkout.payments import DECLINED
from tests.concurrency import run_concurrently

pytestmark = pytest.mark.usefixtures("postgres_only")

CAPTURED = replace(SHIPPED, orders=("placed",), stock=((10, 1),), emails=PLACED.emails)


def deliver_all_updates(order, double):
    """Deliver the held webhooks repeatedly in any order, while browsers and jobs settle."""
    attempt = order.attempts.get().pk
    for event in double.events()[-6:]:
        double.resend(event["id"], times=2)
    run_concurrently(
        lambda: double.release_webhooks("shuffle"), lambda: settle(attempt),
        lambda: settle(attempt), reconcile, reconcile,
    )  # fmt: skip
    double.wait_until_idle()
    assert not StripeEvent.objects.filter(settled_at=None).exists()


def assert_audit_is_clean() -> None:
    send_emails()
    assert run_audit().last_line == "audit: 0 breaches"


def test_dashboard_capture_is_recorded_once_and_shipping_captures_no_more(paid_order, webhooks):
    # Mutation: record_intent() ignored captures: "authorized", and nothing was recorded;
    # capture_payment() did not accept a captured payment: the shipment was rejected
    webhooks.hold_webhooks()
    webhooks.capture(webhooks.intents()[0]["id"])
    deliver_all_updates(paid_order, webhooks)
    assert snapshot(webhooks) == CAPTURED
    ship(paid_order)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == SHIPPED
    assert_audit_is_clean()


@pytest.mark.breaches("orders-paid")  # staff must ask for the rest
def test_partial_dashboard_capture_is_recorded_and_reported_once(paid_order, webhooks):
    # regression: the alert was missing, then it was raised 7 times
    webhooks.hold_webhooks()
    webhooks.capture(webhooks.intents()[0]["id"], 5000)
    deliver_all_updates(paid_order, webhooks)
    assert snapshot(webhooks) == replace(
        CAPTURED,
        transactions=(("authorize", 6716), ("capture", 5000)),
        charges=("captured 5000",),
    )
    assert note_texts(paid_order) == ["Only 50.00 of 67.16 CAD was captured at Stripe."]


def test_dashboard_refunds_are_recorded_once_each(paid_order, webhooks):
    # regression: refunds were not recorded, then only one of two with the same amount
    ship(paid_order)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    intent = webhooks.intents()[0]["id"]
    webhooks.refund(intent, 1500)
    webhooks.refund(intent, 1500)
    deliver_all_updates(paid_order, webhooks)
    assert snapshot(webhooks) == replace(
        SHIPPED,
        transactions=(*SHIPPED.transactions, ("refund", 1500), ("refund", 1500)),
        charges=("captured 6716 refunded 3000",),
        emails=(*SHIPPED.emails, "order-refunded", "order-refunded"),
    )
    assert paid_order.attempts.get().refunded_cents == 3000
    assert_audit_is_clean()


def test_failed_refund_and_later_dashboard_refund_are_both_recorded(paid_order, webhooks):
    # Mutation: with settle() alone, which compares sums, neither refund was recorded
    ship(paid_order)
    webhooks.wait_until_idle()
    refund(paid_order, 1500)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    webhooks.finish_refund(webhooks.refunds()[0]["id"], succeeded=False)
    webhooks.refund(webhooks.intents()[0]["id"], 1500)
    deliver_all_updates(paid_order, webhooks)
    made = paid_order.attempts.get().transactions.filter(type="refund").order_by("pk")
    assert [(each.amount_cents, each.failed_at is None) for each in made] == [
        (1500, False), (1500, True),
    ]  # fmt: skip
    assert paid_order.attempts.get().refunded_cents == 1500
    assert note_texts(paid_order) == ["Refund of 15.00 CAD failed: the bank rejected it"]
    assert_audit_is_clean()


def test_fully_refunded_order_does_not_ship(paid_order, webhooks):
    # Mutation: capture_payment() accepted a captured payment: shipped
    intent = webhooks.intents()[0]["id"]
    webhooks.capture(intent)
    webhooks.refund(intent)
    webhooks.wait_until_idle()
    returned = replace(
        CAPTURED,
        transactions=(*CAPTURED.transactions, ("refund", 6716)),
        charges=("captured 6716 refunded 6716",),
        emails=(*CAPTURED.emails, "order-refunded"),
    )
    assert snapshot(webhooks) == returned
    rejected = run_concurrently(*[lambda: ship(paid_order)] * 2)
    assert {str(each) for each in rejected} == {
        "The payment was fully refunded. Cancel this order instead."
    }
    assert snapshot(webhooks) == returned
    cancel(paid_order)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == replace(
        returned,
        orders=("cancelled",),
        stock=((10, 0),),
        emails=(*returned.emails, "order-cancelled"),
    )
    assert_audit_is_clean()


def test_dashboard_cancellation_is_reported_once_and_waits_for_staff(paid_order, webhooks):
    # Mutation: _on_cancelled() ignored placed orders: not reported; alert() repeated the note:
    # reported 7 times
    webhooks.hold_webhooks()
    webhooks.cancel(webhooks.intents()[0]["id"])
    deliver_all_updates(paid_order, webhooks)
    assert snapshot(webhooks) == RELEASED
    assert note_texts(paid_order) == [NOT_PAID]
    cancel(paid_order)
    assert snapshot(webhooks) == CANCELLED
    assert_audit_is_clean()


def test_dashboard_cancellation_of_an_unpaid_order_reopens_the_cart(buyer, form, webhooks):
    # Mutation: _end() released without reopening the cart, which stayed submitted
    press_pay(buyer, form, webhooks, DECLINED)
    webhooks.wait_until_idle()
    webhooks.cancel(webhooks.intents()[0]["id"])
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == replace(
        PLACED, orders=("cancelled",), attempts=("cancelled",), transactions=(),
        intents=("canceled",),
        charges=("declined 6716",), stock=((10, 0),), carts=("Open",), emails=(),
    )  # fmt: skip
    assert_audit_is_clean()


@pytest.mark.parametrize(
    ("won", "words"),
    [
        (True, "We won the dispute: Stripe returns the money to the shop"),
        (
            False,
            "We lost the dispute: the cardholder keeps the money. Do not refund it",
        ),
    ],
)
def test_dispute_is_reported_once_when_opened_and_once_when_closed(
    paid_order, webhooks, won, words
):
    # Mutation: settle_event() ignored disputes: not reported; alert() repeated the note:
    # reported twice; _closed() called every result a win: the lost one was wrong
    ship(paid_order)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    dispute = webhooks.open_dispute(webhooks.intents()[0]["id"])["id"]
    deliver_all_updates(paid_order, webhooks)
    opened = "The cardholder disputes this payment"
    assert note_texts(paid_order) == [opened]
    webhooks.hold_webhooks()
    webhooks.close_dispute(dispute, won=won)
    deliver_all_updates(paid_order, webhooks)
    assert note_texts(paid_order) == [opened, words]
    assert snapshot(webhooks) == SHIPPED
