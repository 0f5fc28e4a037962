"""Orders that differ from our payment records."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.mail.models import Message
from checkout.audit.services import run_audit
from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt, StripeEvent
from checkout.settlement.settle import settle
from tests.checkout.audit.helpers import RECONCILE, audit, breaches, delete_payment, ship, sql
from tests.stripe_double.control import Double

PAY_AGAIN = "Ask the customer to pay again, or cancel the order before it ships."


def test_placed_order_without_a_payment_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    delete_payment(order)
    stripe_double.reset()
    what = "It is placed, but has no payment."
    assert breaches() == [f"order {order.number}: {what} {PAY_AGAIN}"]


def test_placed_order_with_a_released_payment_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    stripe_double.expire(stripe_double.intents()[0]["id"])
    settle(order.attempts.get().pk)
    what = "It is placed, but its payment is cancelled."
    assert breaches() == [f"order {order.number}: {what} {PAY_AGAIN}"]


def test_partly_captured_order_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    stripe_double.capture(stripe_double.intents()[0]["id"], 10000)
    settle(order.attempts.get().pk)
    assert breaches() == [
        f"order {order.number}: Only 100.00 CAD of 145.84 CAD was captured. "
        "Ask the customer for the rest, or refund the payment and cancel the order."
    ]


def test_shipped_order_without_capture_is_a_breach(
    paid: Any, stripe_double: Double, monkeypatch: Any
):
    order = paid()
    monkeypatch.setattr(
        "checkout.fulfilment.shipments.capture_payment", lambda order, by: None, raising=False
    )
    ship(order, 2, 1)
    assert breaches() == [
        f"order {order.number}: It has shipped, but its payment is only authorized. "
        "Capture the payment in Stripe’s dashboard before the authorization expires."
    ]


def test_missing_early_charge_is_a_breach(paid: Any):
    order = paid()
    before = timezone.now() - timedelta(minutes=61)
    Order.objects.update(early_charge_agreed_at=before, early_charge_text="Charge my card.")
    assert breaches() == []
    Order.objects.update(placed_at=before)
    what = "The customer agreed to be charged at checkout, but the payment is not captured."
    assert breaches() == [f"order {order.number}: {what} {RECONCILE}"]


def test_money_kept_for_cancelled_units_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 1)
    cancel_order(order=order, reason="Sold out.", by=None)
    assert breaches() == []
    sql("UPDATE payment_paymentattempt SET refunded_cents = refunded_cents - 10")
    found = breaches()
    kept = PaymentAttempt.objects.get()
    assert (kept.captured_cents, kept.refunded_cents) == (14584, 7754)
    assert found[0] == (
        f"order {order.number}: 68.30 CAD is kept, but the units that are not cancelled cost "
        "68.21 CAD. "
        "Release or refund the payment in Stripe’s dashboard."
    )
    assert len(found) == 3  # Stripe and the transactions differ, too


def test_cancelled_order_with_an_authorization_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    cancel_order(order=order, reason="Sold out.", by=None)
    sql("UPDATE payment_paymentattempt SET state = 'authorized'")
    assert breaches() == [
        f"order {order.number}: It is cancelled, but 145.84 CAD is authorized. "
        "Release or refund the payment in Stripe’s dashboard.",
        f"order {order.number}: Stripe says canceled, 0.00 CAD captured, 0.00 CAD refunded; "
        f"our records say authorized, 0.00 CAD captured, 0.00 CAD refunded. {RECONCILE}",
    ]


def test_payment_of_another_amount_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    sql("UPDATE payment_paymentattempt SET amount_cents = 14585")
    stripe_double.alter_amount(stripe_double.intents()[0]["id"], 14585)
    assert breaches() == [
        f"order {order.number}: Its payment is for 145.85 CAD, but the order total is 145.84 CAD. "
        "Find out which amount the customer agreed to, and refund the difference."
    ]


def test_open_payment_of_an_ended_order_is_a_breach(order: Any, stripe_double: Double):
    made = order()
    cancel_order(order=made, reason="Sold out.", by=None)
    assert breaches() == []
    sql("UPDATE payment_paymentattempt SET state = 'open'")
    assert breaches() == [
        f"order {made.number}: It is cancelled, but its payment is still open. "
        "Cancel the payment in Stripe’s dashboard."
    ]


def test_overdue_unpaid_order_is_a_breach(order: Any, stripe_double: Double):
    made = order()
    late = timezone.now() - timedelta(minutes=59)
    PaymentAttempt.objects.update(expires_at=late)
    assert breaches() == []
    PaymentAttempt.objects.update(expires_at=late - timedelta(minutes=2))
    what = "It is still unpaid, over an hour after its deadline."
    assert breaches() == [f"order {made.number}: {what} {RECONCILE}"]


def test_unsettled_event_is_a_breach_after_an_hour(db: None, stripe_double: Double):
    StripeEvent.objects.create(event_id="evt_1", type="charge.refunded", object_id="ch_1")
    assert breaches() == []
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(minutes=61))
    assert breaches() == [
        f"event evt_1: charge.refunded is not settled after more than an hour. {RECONCILE}"
    ]


def test_payment_that_differs_from_its_transactions_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 2, 1)
    sql("UPDATE payment_transaction SET amount_cents = 14583 WHERE type = 'capture'")
    assert breaches() == [
        f"order {order.number}: The payment says 145.84 CAD captured and 0.00 CAD refunded; its "
        "transactions say 145.83 CAD and 0.00 CAD. Compare both with Stripe’s dashboard."
    ]


def test_failed_refund_is_not_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 2, 1)
    stripe_double.refund(stripe_double.intents()[0]["id"], 1000)
    settle(order.attempts.get().pk)
    stripe_double.finish_refund(stripe_double.refunds()[0]["id"], succeeded=False)
    settle(order.attempts.get().pk)
    assert order.attempts.get().refunded_cents == 0
    assert breaches() == []
    sql("UPDATE payment_transaction SET amount_cents = 1001 WHERE type = 'refund'")
    assert f"order {order.number}: Refund" in breaches()[0]


def test_run_with_breaches_is_emailed_once(paid: Any, stripe_double: Double):
    order = paid()
    assert run_audit().is_clean
    assert not Message.objects.filter(email_type="audit-breaches").exists()
    delete_payment(order)
    run = run_audit(only=["orders-paid"])
    letter = Message.objects.get(email_type="audit-breaches")
    assert (letter.subject_id, letter.recipient) == (f"audit:{run.pk}", "sales@plantraco.com")
    assert (run.breach_count, run.last_line) == (1, "audit: 1 breaches")


def test_audit_without_stripe_is_unfinished(paid: Any, stripe_double: Double):
    paid()
    stripe_double.fault(r"GET /v1/payment_intents", status=500, times=3)
    lines, code = audit()
    assert (lines[-1], code) == ("audit: unfinished, 0 breaches in what could be asked", 1)
    assert lines[-2].startswith("NOT CHECKED: Stripe did not answer: ")
    assert [line.split()[:3] for line in lines if "INCOMPLETE" in line] == [
        ["stripe-payments", "0", "INCOMPLETE"]
    ]
    assert Message.objects.filter(email_type="audit-breaches").count() == 1
