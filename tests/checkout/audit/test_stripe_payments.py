"""Payments that differ between Stripe and our records."""

import threading
from typing import Any

import pytest
from django.db import connection

from checkout.audit.checks import stripe_payments
from checkout.audit.services import run_audit
from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAttempt
from checkout.settlement.reconcile import reconcile
from tests.checkout.audit.helpers import RECONCILE, breaches, delete_payment, ship, sql
from tests.checkout.conftest import needs_postgres
from tests.stripe_double.control import Double


def _intent(double: Double) -> str:
    return str(double.intents()[0]["id"])


def test_authorization_without_an_order_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    delete_payment(order)
    sql("UPDATE order_order SET status = 'cancelled'")  # so that only its payment is wrong
    found = [line for line in breaches() if line.startswith("payment")]
    assert found == [
        f"payment {_intent(stripe_double)}: 145.84 CAD is authorized, but no order has this "
        "payment "
        f"(order: {order.number}). {RECONCILE}"
    ]


def test_charge_without_an_order_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    delete_payment(order)
    stripe_double.capture(_intent(stripe_double))
    stripe_double.refund(_intent(stripe_double), 584)
    run = run_audit(only=["stripe-payments"])
    assert [each["problem"] for each in run.breaches] == [
        f"140.00 CAD was captured, but no order has this payment (order: {order.number})."
    ]
    assert run.breaches[0]["action"] == (
        "Look at it in Stripe’s dashboard, and refund what belongs to no order."
    )
    stripe_double.refund(_intent(stripe_double))
    assert run_audit(only=["stripe-payments"]).is_clean


def test_payment_of_another_shop_is_ignored(paid: Any, stripe_double: Double, settings: Any):
    delete_payment(paid())
    settings.SITE_URL = "https://shop.example"
    run = run_audit(only=["stripe-payments"])
    assert (run.breaches, run.checks[0]["checked"]) == ([], 0)


def test_open_payment_without_an_order_is_a_breach_after_half_an_hour(
    order: Any, stripe_double: Double
):
    made = order()
    intent = gateway.create_intent(cents=6821, currency="CAD", key="lost", order_number=made.number)
    assert breaches() == []
    stripe_double.backdate(intent.id, 31 * 60)
    assert breaches() == [
        f"payment {intent.id}: It can still be paid, but no order has this payment "
        f"(order: {made.number}). Cancel it in Stripe’s dashboard."
    ]


def test_open_payment_of_an_ended_order_is_a_breach(order: Any, stripe_double: Double):
    made = order()
    intent = gateway.create_intent(
        cents=6821, currency="CAD", key=str(made.attempts.get().uuid), order_number=made.number
    )
    PaymentAttempt.objects.update(intent_id=intent.id)
    assert breaches() == []
    sql("UPDATE payment_paymentattempt SET state = 'cancelled'")
    assert breaches() == [
        f"order {made.number}: Its payment is cancelled in our records, but still open at "
        "Stripe (requires_payment_method). Cancel it in Stripe’s dashboard."
    ]


def test_unrecorded_capture_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    stripe_double.capture(_intent(stripe_double))
    assert breaches() == [
        f"order {order.number}: Stripe says succeeded, 145.84 CAD captured, 0.00 CAD refunded; "
        f"our records say authorized, 0.00 CAD captured, 0.00 CAD refunded. {RECONCILE}"
    ]
    reconcile()
    assert breaches() == []


def test_unrecorded_refund_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 2, 1)
    stripe_double.refund(_intent(stripe_double), 1)
    assert breaches() == [
        f"order {order.number}: Stripe says succeeded, 145.84 CAD captured, 0.01 CAD refunded; "
        f"our records say captured, 145.84 CAD captured, 0.00 CAD refunded. {RECONCILE}"
    ]


def test_recent_changes_at_stripe_are_ignored_while_open(paid: Any, stripe_double: Double):
    order = paid()
    stripe_double.capture(_intent(stripe_double))
    assert breaches("--verbosity=1") == []
    for event in stripe_double.events():
        stripe_double.backdate(event["id"], 16 * 60)
    assert [line[:12] for line in breaches("--verbosity=1")] == [f"order {order.number}"]


def test_changed_amount_at_stripe_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    stripe_double.alter_amount(_intent(stripe_double), 100)
    assert breaches() == [
        f"order {order.number}: Stripe has 1.00 CAD, but the order total is 145.84 CAD. "
        "Agree on the amount with the customer, or cancel the order."
    ]


def test_payment_missing_at_stripe_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    intent = _intent(stripe_double)
    stripe_double.reset()
    assert breaches() == [
        f"order {order.number}: Stripe has no payment {intent}. "
        "Check that the shop uses the right Stripe key."
    ]


def test_payments_are_read_page_by_page(paid: Any, stripe_double: Double, monkeypatch: Any):
    paid()
    for number in range(120):
        gateway.create_intent(cents=100, currency="CAD", key=f"k{number}", order_number="x")
    pages: list[int] = []
    one_page = gateway.page_of_intents

    def counted(**which: Any) -> Any:
        found, more = one_page(**which)
        pages.append(len(found))
        return found, more

    monkeypatch.setattr(gateway, "page_of_intents", counted)
    run = run_audit(only=["stripe-payments"])
    assert (pages, run.checks[0]["checked"]) == ([100, 21], 121)
    assert run.is_clean


def test_seen_keys_take_one_bit_each():
    seen = stripe_payments.SeenKeys()
    for pk in (0, 7, 8, 80_000):
        seen.add(pk)
    assert [pk for pk in (0, 1, 7, 8, 9, 79_999, 80_000, 80_001, 9_999_999) if pk in seen] == [
        0, 7, 8, 80_000,
    ]  # fmt: skip
    assert len(seen._bits) < 12_000


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_shipment_in_progress_is_not_a_breach(paid: Any, stripe_double: Double, monkeypatch: Any):
    """The audit runs between the capture at Stripe and our record of it."""
    # regression: the second comparison took no lock and reported the capture
    needs_postgres()
    order = paid()
    taken, looked = threading.Event(), threading.Event()
    capture, fault = gateway.capture_intent, stripe_payments._fault

    def slow_capture(intent_id: str, *, cents: int) -> Any:
        intent = capture(intent_id, cents=cents)
        taken.set()
        looked.wait(10)
        return intent

    def first_look(attempt: Any, intent: Any) -> Any:
        found = fault(attempt, intent)
        looked.set()
        return found

    def send() -> None:
        ship(Order.objects.get(pk=order.pk), 2, 1)
        connection.close()

    monkeypatch.setattr(gateway, "capture_intent", slow_capture)
    parcel = threading.Thread(target=send)
    parcel.start()
    assert taken.wait(10)
    monkeypatch.setattr(stripe_payments, "_fault", first_look)
    run = run_audit()
    parcel.join()
    assert (run.breaches, run.not_checked) == ([], [])
    assert order.attempts.get().state == "captured"
