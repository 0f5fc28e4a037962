"""Partial captures, lost responses and repeated errors at Stripe, and what we record and report."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.mail.models import Message
from checkout.fulfilment import refund_actions, services, shipments
from checkout.order import emails
from checkout.order.links import status_token
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, OrderNote
from checkout.payment.models import StripeEvent
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import Outcome, abandon, pay, settle
from tests.checkout.conftest import allocated, token, transactions
from tests.checkout.webhooks import deliver, event_of
from tests.stripe_double.control import Double


@pytest.fixture
def placed(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """An authorized order: two Butterflies, 123.65 CAD."""
    made = order(basket=cart((product(stock=5), 2)))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def ship(order: Order, quantity: int) -> None:
    quantities = {order.lines.get().pk: quantity}
    shipments.create_shipment(
        order=order, quantities=quantities, carrier="UPS", tracking_number="1Z", by=None
    )


def test_remainder_of_a_partial_capture_is_not_a_refund(placed: Order, stripe_double: Double):
    intent = stripe_double.intents()[0]["id"]
    stripe_double.capture(intent, 10000)
    settle(placed.attempts.get().pk)
    attempt = placed.attempts.get()
    assert (attempt.state, attempt.captured_cents, attempt.refunded_cents) == (
        "captured", 10000, 0,
    )  # fmt: skip
    total = attempt.amount_cents
    assert transactions(placed) == [("authorize", total), ("capture", 10000)]
    assert not Message.objects.filter(email_type="order-refunded").exists()
    note = OrderNote.objects.get(order=placed)
    assert note.message == "Only 100.00 of 123.65 CAD was captured at Stripe."

    stripe_double.refund(intent, 2500)
    reconcile()
    assert transactions(placed)[2:] == [("refund", 2500)]
    assert placed.attempts.get().refunded_cents == 2500
    assert Message.objects.filter(email_type="order-refunded").count() == 1
    assert OrderNote.objects.count() == 1


def test_dispute_during_a_stripe_outage_is_reported_by_reconcile(
    client: Any, placed: Order, stripe_double: Double
):
    ship(placed, 2)
    stripe_double.open_dispute(stripe_double.intents()[0]["id"])
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    assert deliver(client, event_of(stripe_double, "charge.dispute.created")).status_code == 204
    assert StripeEvent.objects.get().settled_at is None
    reconcile()
    (note,) = OrderNote.objects.filter(order=placed)
    assert note.message.startswith("The cardholder disputes this payment (du_")
    assert StripeEvent.objects.get().settled_at is not None


def test_order_that_cannot_be_settled_does_not_stop_reconcile(
    order: Any, product: Any, stripe_double: Double, monkeypatch: pytest.MonkeyPatch
):
    plane = product(stock=5)
    bad, good = order(plane), order(plane)
    for each in (bad, good):
        stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
        stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
        pay(order=each, confirmation_token=token(stripe_double))
        stripe_double.clear_faults()
    placing = emails.order_confirmed

    def place(placed: Order) -> None:
        if placed.pk == bad.pk:
            raise RuntimeError("boom")
        placing(placed)

    monkeypatch.setattr(emails, "order_confirmed", place)
    lines = reconcile()
    assert [Order.objects.get(pk=each.pk).status for each in (bad, good)] == ["pending", "placed"]
    assert f"attempt {bad.attempts.get().uuid}: failed, boom" in lines


def test_intent_with_a_lost_create_response_is_not_released(order: Any, stripe_double: Double):
    made = order()
    stripe_double.fault(r"POST /v1/payment_intents$", lost=True, when="after", times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.backdate(stripe_double.intents()[0]["id"], 3600)
    assert reconcile() == []
    assert pay(order=made, confirmation_token=token(stripe_double)).outcome is Outcome.PLACED
    assert len(stripe_double.intents()) == 1


def test_refund_with_a_lost_response_is_not_repeated(placed: Order, stripe_double: Double):
    ship(placed, 2)
    stripe_double.fault(r"POST /v1/refunds$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        refund_actions.refund_order(order=placed, cents=1000, reason="Bent wing", by=None)
    settle(placed.attempts.get().pk)  # as the webhook does
    refund = refund_actions.refund_order(order=placed, cents=1000, reason="Bent wing", by=None)
    assert (refund.amount_cents, refund.reason) == (1000, "Bent wing")
    assert [row["amount"] for row in stripe_double.refunds()] == [1000]
    assert placed.attempts.get().refunded_cents == 1000
    refund_actions.refund_order(order=placed, cents=1000, reason="Bent tail", by=None)
    assert transactions(placed)[2:] == [("refund", 1000), ("refund", 1000)]
    assert placed.attempts.get().refunded_cents == 2000


def test_partial_cancellation_after_a_lost_response_refunds_once(
    placed: Order, stripe_double: Double
):
    ship(placed, 1)
    stripe_double.fault(r"POST /v1/refunds$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        services.cancel_order(order=placed, reason="Sold out", by=None)
    settle(placed.attempts.get().pk)
    services.cancel_order(order=placed, reason="Sold out", by=None)
    assert [row["amount"] for row in stripe_double.refunds()] == [5545]
    assert transactions(placed)[2:] == [("refund", 5545)]
    assert placed.attempts.get().refunded_cents == 5545
    assert Order.objects.get(pk=placed.pk).status == "shipped"  # the other unit is cancelled
    assert [(line.status, line.cancelled) for line in placed.lines.all()] == [("shipped", 1)]


def test_error_stored_under_the_idempotency_key_does_not_stop_shipping(
    placed: Order, stripe_double: Double
):
    stripe_double.fault(r"/capture$", status=500, when="after", kept=True)
    with contextlib.suppress(OrderActionError):
        ship(placed, 2)
    if Order.objects.get(pk=placed.pk).status == "placed":
        ship(placed, 2)
    assert Order.objects.get(pk=placed.pk).status == "shipped"
    assert [kind for kind, _ in transactions(placed)] == ["authorize", "capture"]


def test_refund_rejected_by_the_bank_is_reported_to_staff(order: Any, stripe_double: Double):
    made = order()
    pay(order=made, confirmation_token=token(stripe_double, "pm_card_pendingRefund"))
    ship(made, 1)
    refund_actions.refund_order(order=made, cents=1000, reason="Bent wing", by=None)
    stripe_double.finish_refund(stripe_double.refunds()[0]["id"], succeeded=False)
    settle(made.attempts.get().pk)
    settle(made.attempts.get().pk)
    assert made.attempts.get().refunded_cents == 0
    note = OrderNote.objects.get(order=made)
    assert note.message.startswith("Refund of 10.00 CAD failed: the bank rejected it")


@pytest.mark.parametrize("minutes", [30, -1])
def test_cancelling_an_order_without_intent_twice_cancels_once(
    order: Any, product: Any, stripe_double: Double, client: Any, minutes: int
):
    made = order(product(stock=2))
    made.attempts.update(expires_at=timezone.now() + timedelta(minutes=minutes))
    path = f"/checkout/change/{made.number}/{status_token(made)}/"
    assert [client.post(path).url for _ in range(2)] == ["/cart/", "/cart/"]
    assert Order.objects.get().status == ("cancelled" if minutes > 0 else "expired")
    assert (allocated(made), made.status_changes.count()) == (0, 1)


def test_placed_free_order_cannot_be_cancelled_by_the_shopper(
    order: Any, product: Any, stripe_double: Double
):
    made = order(product(stock=2))
    made.attempts.update(amount_cents=0)
    assert pay(order=made, confirmation_token="").outcome is Outcome.PLACED
    assert abandon(order=made).status == "placed"
    assert (allocated(made), made.attempts.get().state) == (1, "captured")


def test_missed_webhooks_of_an_old_order_are_found_in_the_events(
    placed: Order, stripe_double: Double
):
    ship(placed, 2)
    intent = stripe_double.intents()[0]["id"]
    stripe_double.backdate(intent, 40 * 24 * 3600)  # too old for the list of intents
    stripe_double.add_webhook("http://127.0.0.1:9/stripe/webhook/", "whsec_x")
    stripe_double.drop_next_webhooks(20)
    stripe_double.refund(intent, 2500)
    stripe_double.open_dispute(intent)
    stripe_double.wait_until_idle()
    assert {line.partition(" (event evt_")[0] for line in reconcile()} == {
        f"order {placed.number}: shipped"
    }
    assert placed.attempts.get().refunded_cents == 2500
    notes = list(OrderNote.objects.filter(order=placed).values_list("message", flat=True))
    assert sum("disputes this payment" in note for note in notes) == 1
    assert not StripeEvent.objects.filter(settled_at=None).exists()
    assert reconcile() == []
