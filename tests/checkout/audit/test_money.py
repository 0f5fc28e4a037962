"""Orders whose money is not what the books or the order say."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.mail.models import Message
from checkout.audit.services import run_audit
from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt, StripeEvent
from checkout.settlement.settle import settle
from tests.checkout.audit.conftest import ship
from tests.checkout.audit.running import audit, breaches, sql
from tests.stripe_double.control import Double

AGAIN = "Ask the customer to pay again, or cancel the order before anything ships."
HEAL = "Run manage.py heal; if it stays, look at worker and beat."


def _forget_payment(order: Order) -> None:
    """Take an order out of the books of payment, as if none had ever been opened."""
    attempt = order.attempts.get()
    sql("DELETE FROM payment_movement WHERE attempt_id = %s", attempt.pk)
    sql("DELETE FROM payment_paymentattempt WHERE id = %s", attempt.pk)


def test_a_placed_order_without_a_payment_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    _forget_payment(order)
    stripe_double.reset()
    what = "It is placed, and no payment was ever opened for it."
    assert breaches() == [f"order {order.number}: {what} {AGAIN}"]


def test_a_placed_order_whose_payment_was_released_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    stripe_double.expire(stripe_double.intents()[0]["id"])
    settle(order.attempts.get().pk)
    what = "It is placed, and its payment is cancelled."
    assert breaches() == [f"order {order.number}: {what} {AGAIN}"]


def test_an_order_that_was_paid_in_part_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    stripe_double.capture(stripe_double.intents()[0]["id"], 10000)
    settle(order.attempts.get().pk)
    assert breaches() == [
        f"order {order.number}: Only 100.00 CAD of 145.84 CAD was taken. "
        "Ask the customer for the rest, or give back what was taken and cancel."
    ]


def test_an_order_that_left_without_its_money_being_taken_is_a_breach(
    paid: Any, stripe_double: Double, monkeypatch: Any
):
    order = paid()
    monkeypatch.setattr(
        "checkout.fulfilment.shipments.take_payment", lambda order, by: None, raising=False
    )
    ship(order, 2, 1)
    assert breaches() == [
        f"order {order.number}: Pieces have left, and the payment is only reserved. "
        "Take the payment in Stripe's dashboard before the reservation lapses."
    ]


def test_a_card_that_was_not_charged_at_checkout_as_agreed_is_a_breach(paid: Any):
    order = paid()
    before = timezone.now() - timedelta(minutes=61)
    Order.objects.update(early_charge_agreed_at=before, early_charge_text="Charge my card.")
    assert breaches() == []
    Order.objects.update(placed_at=before)
    what = "Its customer agreed to be charged at checkout, and its card is only authorized."
    assert breaches() == [f"order {order.number}: {what} {HEAL}"]


def test_money_kept_for_pieces_that_were_given_up_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 1)
    cancel_order(order=order, reason="Sold out.", by=None)
    assert breaches() == []
    sql("UPDATE payment_paymentattempt SET refunded_cents = refunded_cents - 10")
    found = breaches()
    kept = PaymentAttempt.objects.get()
    assert (kept.captured_cents, kept.refunded_cents) == (14584, 7754)
    assert found[0] == (
        f"order {order.number}: 68.30 CAD is kept, and what is not cancelled costs 68.21 CAD. "
        "Release or refund it in Stripe's dashboard."
    )
    assert len(found) == 3  # Stripe and the movements say otherwise too


def test_a_cancelled_order_whose_money_is_held_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    cancel_order(order=order, reason="Sold out.", by=None)
    sql("UPDATE payment_paymentattempt SET state = 'authorised'")
    assert breaches() == [
        f"order {order.number}: It is cancelled, and 145.84 CAD is reserved on the card. "
        "Release or refund it in Stripe's dashboard.",
        f"order {order.number}: Stripe says canceled, 0.00 CAD taken, 0.00 CAD given back; "
        f"our books say authorised, 0.00 CAD taken, 0.00 CAD given back. {HEAL}",
    ]


def test_a_payment_for_another_amount_than_its_order_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    sql("UPDATE payment_paymentattempt SET amount_cents = 14585")
    stripe_double.alter_amount(stripe_double.intents()[0]["id"], 14585)
    assert breaches() == [
        f"order {order.number}: Its payment is for 145.85 CAD, and the order costs 145.84 CAD. "
        "Find out which one the customer agreed to; refund the rest."
    ]


def test_a_payment_left_open_after_its_order_ended_is_a_breach(order: Any, stripe_double: Double):
    made = order()
    cancel_order(order=made, reason="Sold out.", by=None)
    assert breaches() == []
    sql("UPDATE payment_paymentattempt SET state = 'open'")
    assert breaches() == [
        f"order {made.number}: It is cancelled, and its payment is still open. "
        "Cancel the payment in Stripe's dashboard."
    ]


def test_an_order_that_waits_long_after_its_time_is_a_breach(order: Any, stripe_double: Double):
    made = order()
    late = timezone.now() - timedelta(minutes=59)
    PaymentAttempt.objects.update(expires_at=late)
    assert breaches() == []
    PaymentAttempt.objects.update(expires_at=late - timedelta(minutes=2))
    what = "It still waits for money, an hour after its time."
    assert breaches() == [f"order {made.number}: {what} {HEAL}"]


def test_an_event_that_waits_for_over_an_hour_is_a_breach(db: None, stripe_double: Double):
    StripeEvent.objects.create(event_id="evt_1", type="charge.refunded", object_id="ch_1")
    assert breaches() == []
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(minutes=61))
    assert breaches() == [f"event evt_1: charge.refunded has waited for over an hour. {HEAL}"]


def test_a_payment_that_is_not_the_sum_of_its_movements_is_a_breach(
    paid: Any, stripe_double: Double
):
    order = paid()
    ship(order, 2, 1)
    sql("UPDATE payment_movement SET amount_cents = 14583 WHERE kind = 'capture'")
    assert breaches() == [
        f"order {order.number}: The payment says 145.84 CAD taken and 0.00 CAD given back; its "
        "movements say 145.83 CAD and 0.00 CAD. Compare both with Stripe's dashboard."
    ]


def test_a_refund_that_the_bank_sent_back_is_no_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 2, 1)
    stripe_double.refund(stripe_double.intents()[0]["id"], 1000)
    settle(order.attempts.get().pk)
    stripe_double.finish_refund(stripe_double.refunds()[0]["id"], succeeded=False)
    settle(order.attempts.get().pk)
    assert order.attempts.get().refunded_cents == 0
    assert breaches() == []
    sql("UPDATE payment_movement SET amount_cents = 1001 WHERE kind = 'refund'")
    assert f"order {order.number}: Refund" in breaches()[0]


def test_each_run_with_breaches_is_one_letter_to_staff(paid: Any, stripe_double: Double):
    order = paid()
    assert run_audit().is_clean
    assert not Message.objects.filter(kind="audit-breaches").exists()
    _forget_payment(order)
    run = run_audit(only=["order-paid"])
    letter = Message.objects.get(kind="audit-breaches")
    assert (letter.subject_id, letter.recipient) == (f"audit:{run.pk}", "sales@plantraco.com")
    assert (run.breach_count, run.last_line) == (1, "audit: 1 breaches")


def test_when_stripe_cannot_be_asked_nothing_is_proved(paid: Any, stripe_double: Double):
    paid()
    stripe_double.fault(r"GET /v1/payment_intents", status=500, times=3)
    lines, code = audit()
    assert (lines[-1], code) == ("audit: unfinished, 0 breaches in what could be asked", 1)
    assert lines[-2].startswith("NOT CHECKED: Stripe could not be asked: ")
    assert [line[:40] for line in lines if "NOT FINISHED" in line] == [
        "stripe                   0  NOT FINISHED"
    ]
    assert Message.objects.filter(kind="audit-breaches").count() == 1
