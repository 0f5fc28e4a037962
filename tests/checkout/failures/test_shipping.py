"""Concurrent shipping by staff, while Stripe is slow or does not respond."""

from dataclasses import replace

import pytest
from django.db import connection

from checkout.audit.services import run_audit
from checkout.order.locking import OrderActionError
from checkout.order.models import ShippingEvent
from checkout.settlement.reconcile import reconcile
from tests.checkout.failures.recovery import send_emails
from tests.checkout.failures.scenario import PLACED, during_stripe_request, press_pay, snapshot
from tests.checkout.failures.staff import (
    CANCEL,
    CANCELLED,
    CAPTURE,
    NOT_PAID,
    RELEASED,
    SHIPPED,
    cancel,
    note_texts,
    ship,
    while_waiting_for_lock,
)
from tests.checkout.shopper import checkout_form
from tests.concurrency import run_concurrently

pytestmark = pytest.mark.usefixtures("postgres_only")


def assert_audit_is_clean() -> None:
    send_emails()
    assert run_audit().last_line == "audit: 0 breaches"


def test_concurrent_identical_shipments_are_created_once(paid_order, webhooks):
    # Mutation: without the row lock in lock_order() four of them saw "not on hand";
    # without _existing_shipment(), that a shipped order cannot be shipped
    shipments = run_concurrently(*[lambda: ship(paid_order)] * 5)
    assert {getattr(shipment, "pk", shipment) for shipment in shipments} == {
        ShippingEvent.objects.get().pk
    }
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == SHIPPED
    assert_audit_is_clean()


def test_concurrent_different_shipments_ship_the_order_once(paid_order, webhooks):
    # Mutation: without the row lock in lock_order() all five reached the stock ledger, which
    # rejected four
    results = run_concurrently(*[lambda n=n: ship(paid_order, f"1Z{n}") for n in range(5)])
    rejected = [each for each in results if isinstance(each, OrderActionError)]
    assert {str(each) for each in rejected} == {"An order that is shipped cannot be shipped."}
    assert (len(rejected), ShippingEvent.objects.count()) == (4, 1)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == SHIPPED
    assert_audit_is_clean()


def test_capture_with_a_lost_response_fails_then_succeeds_once(paid_order, webhooks):
    # Mutation: capture_payment() stopped when Stripe declined the second capture, and the order
    # stayed placed with its payment captured; or it shipped without a response or an error
    webhooks.hold_webhooks()
    webhooks.fault(CAPTURE, lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        ship(paid_order)
    taken = replace(PLACED, intents=("succeeded",), charges=("captured 6716",))
    assert snapshot(webhooks) == taken

    run_concurrently(
        lambda: ship(paid_order),
        lambda: ship(paid_order),
        lambda: webhooks.release_webhooks("shuffle"),
        reconcile,
    )
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == SHIPPED
    assert_audit_is_clean()


def test_capture_with_a_lost_response_is_recorded_and_can_still_ship(paid_order, webhooks):
    # Mutation: capture_payment() did not accept a captured payment: "not held any more"
    webhooks.fault(CAPTURE, lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        ship(paid_order)
    webhooks.wait_until_idle()
    not_yet = replace(SHIPPED, orders=("placed",), stock=((10, 1),), emails=PLACED.emails)
    assert snapshot(webhooks) == not_yet
    ship(paid_order)
    assert snapshot(webhooks) == SHIPPED
    assert_audit_is_clean()


def test_cancelling_during_the_capture_is_rejected(paid_order, webhooks):
    # Mutation: without the row lock in lock_order() the payment was cancelled during the
    # capture, and the shipment was rejected
    shipment, rejected = while_waiting_for_lock(
        webhooks, CAPTURE, lambda: ship(paid_order), lambda: cancel(paid_order)
    )
    assert isinstance(shipment, ShippingEvent)
    assert str(rejected) == "An order that is shipped cannot become cancelled."
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == SHIPPED
    assert_audit_is_clean()


def test_shipping_during_the_cancellation_is_rejected(paid_order, webhooks):
    # Mutation: without the row lock in lock_order() there was a deadlock; without the check of
    # the state in _lines_to_ship() the message was "0 are left to ship"
    _, rejected = while_waiting_for_lock(
        webhooks, CANCEL, lambda: cancel(paid_order), lambda: ship(paid_order)
    )
    assert str(rejected) == "An order that is cancelled cannot be shipped."
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == CANCELLED
    assert_audit_is_clean()


def test_payment_cancelled_at_stripe_during_the_capture_does_not_ship(paid_order, webhooks):
    # Mutation: capture_payment() did not check the captured amount, and the order shipped unpaid
    intent = webhooks.intents()[0]["id"]
    rejected, _ = during_stripe_request(
        webhooks, CAPTURE, lambda: ship(paid_order), lambda: webhooks.cancel(intent)
    )
    assert str(rejected) == "The payment cannot be captured. Its status at Stripe: canceled."
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == RELEASED
    assert note_texts(paid_order) == [NOT_PAID]
    cancel(paid_order)
    assert snapshot(webhooks) == CANCELLED
    assert_audit_is_clean()


def test_expired_authorization_does_not_ship_and_is_reported_once(paid_order, webhooks):
    # Mutation: capture_payment() did not check the captured amount, and the order shipped unpaid
    intent = webhooks.intents()[0]["id"]
    webhooks.hold_webhooks()
    webhooks.expire(intent)
    rejected = run_concurrently(*[lambda: ship(paid_order)] * 3)
    assert {str(each) for each in rejected} == {
        "The payment cannot be captured. Its status at Stripe: canceled."
    }
    webhooks.release_webhooks("shuffle")
    run_concurrently(reconcile, reconcile, lambda: ship(paid_order))
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == RELEASED
    assert note_texts(paid_order) == [NOT_PAID]
    with pytest.raises(OrderActionError, match="no longer authorized, so it cannot be captured"):
        ship(paid_order)
    assert snapshot(webhooks) == RELEASED
    run_concurrently(lambda: cancel(paid_order), lambda: cancel(paid_order), reconcile)
    assert snapshot(webhooks) == CANCELLED
    assert_audit_is_clean()


def test_slow_capture_does_not_block_other_buyers(paid_order, webhooks, guest, settings):
    # Mutation: with the stock taken before the capture, the buyer waited for the stock row,
    # until "canceling statement due to lock timeout"
    second = guest()
    form = checkout_form(second)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    shipment, response = during_stripe_request(
        webhooks, CAPTURE, lambda: ship(paid_order), lambda: press_pay(second, form, webhooks)
    )
    connection.close()
    assert (shipment.order, response["outcome"]) == (paid_order, "placed")
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == replace(
        SHIPPED,
        orders=("shipped", "placed"),
        attempts=("captured", "authorized"),
        transactions=(("authorize", 6716), ("authorize", 6716), ("capture", 6716)),
        intents=("succeeded", "requires_capture"),
        charges=("captured 6716", "authorized 6716"),
        stock=((9, 1),),
        carts=("Submitted", "Submitted"),
        emails=(*PLACED.emails, *PLACED.emails, "shipment-sent"),
    )
    assert_audit_is_clean()
