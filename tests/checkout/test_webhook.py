"""What Stripe calls: verified, stored once, settled or left for later. Never believed."""

import json
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from accounts.mail.models import Message
from checkout.order.models import Order, OrderNote
from checkout.payment.models import StripeEvent
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay
from tests.checkout.conftest import token, transactions
from tests.checkout.webhooks import HELD, deliver, event_of
from tests.stripe_double.control import Double


@pytest.fixture
def paid(order: Any, stripe_double: Double) -> Order:
    """The payment is authorized at Stripe; the response to the browser was lost."""
    made = order()
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    return made


def test_an_event_settles_its_order_and_is_stored_once(
    client: Client, paid: Order, stripe_double: Double
):
    body = event_of(stripe_double, HELD)
    assert [deliver(client, body).status_code for _ in range(3)] == [204, 204, 204]
    assert Order.objects.get(pk=paid.pk).status == "placed"
    stored = StripeEvent.objects.get()
    assert (stored.type, stored.intent_id) == (HELD, stripe_double.intents()[0]["id"])
    assert stored.settled_at is not None
    assert transactions(paid) == [("authorize", 6821)]
    assert Message.objects.filter(email_type="order-confirmed").count() == 1


def test_events_in_the_wrong_order_come_to_the_same(
    client: Client, paid: Order, stripe_double: Double
):
    stripe_double.capture(stripe_double.intents()[0]["id"])
    for kind in ("charge.captured", "payment_intent.succeeded", HELD, "payment_intent.created"):
        assert deliver(client, event_of(stripe_double, kind)).status_code == 204
    assert Order.objects.get(pk=paid.pk).status == "placed"
    assert transactions(paid) == [("authorize", 6821), ("capture", 6821)]
    assert StripeEvent.objects.filter(settled_at=None).count() == 0


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"[]", b'{"id": 1, "data": {}}', b"null"])
def test_garbage_is_refused_even_when_signed(client: Client, db: None, body: bytes):
    assert deliver(client, body).status_code == 400
    assert client.post("/stripe/webhook/", body, content_type="text/plain").status_code == 400
    assert client.get("/stripe/webhook/").status_code == 405
    assert not StripeEvent.objects.exists()


def test_what_the_event_claims_is_not_believed(client: Client, order: Any, stripe_double: Double):
    made = order()
    pay(order=made, confirmation_token=token(stripe_double, "pm_card_visa_chargeDeclined"))
    event = json.loads(event_of(stripe_double, "payment_intent.payment_failed"))
    event["type"] = HELD
    event["data"]["object"]["status"] = "requires_capture"
    assert deliver(client, json.dumps(event).encode()).status_code == 204
    assert Order.objects.get(pk=made.pk).status == "pending"
    assert transactions(made) == []


def test_an_event_that_cannot_be_settled_now_waits_for_the_reconcile_job(
    client: Client, paid: Order, stripe_double: Double
):
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    assert deliver(client, event_of(stripe_double, HELD)).status_code == 204
    event = StripeEvent.objects.get()
    assert event.settled_at is None
    assert Order.objects.get(pk=paid.pk).status == "pending"
    assert f"order {paid.number}: placed (event {event.event_id})" in reconcile()
    event.refresh_from_db()
    assert event.settled_at is not None


def test_an_event_about_a_stranger_is_stored_and_closed(
    client: Client, paid: Order, stripe_double: Double
):
    event = json.loads(event_of(stripe_double, HELD))
    event["data"]["object"]["id"] = "pi_stranger"
    assert deliver(client, json.dumps(event).encode()).status_code == 204
    assert StripeEvent.objects.get().settled_at is not None
    assert Order.objects.get(pk=paid.pk).status == "pending"


def test_dispute_alerts_staff(client: Client, order: Any, stripe_double: Double):
    made = order()
    pay(order=made, confirmation_token=token(stripe_double))
    intent = stripe_double.intents()[0]["id"]
    stripe_double.capture(intent)
    stripe_double.open_dispute(intent)
    assert deliver(client, event_of(stripe_double, "charge.dispute.created")).status_code == 204
    assert "disputes this payment" in OrderNote.objects.get().message


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, set()),
        ({"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_PUBLISHABLE_KEY": "pk_live_x"}, set()),
        ({"STRIPE_SECRET_KEY": "sk_live_x"}, {"payment.E001"}),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_live_x"}, {"payment.E001"}),
        (
            {
                "STRIPE_SECRET_KEY": "rk_live_x",
                "STRIPE_PUBLISHABLE_KEY": "pk_live_x",
                "STRIPE_API_BASE": "http://127.0.0.1:1",
            },
            {"payment.E002", "payment.E003"},
        ),
        ({"STRIPE_JS_URL": "http://127.0.0.1:1/stripe.js"}, {"payment.E003"}),
    ],
)
def test_keys_and_addresses_that_do_not_fit_stop_the_start(
    settings: Any, changes: dict[str, str], found: set[str]
):
    settings.STRIPE_API_BASE = "https://api.stripe.com"
    settings.STRIPE_JS_URL = "https://js.stripe.com/endive/stripe.js"
    for name, value in changes.items():
        setattr(settings, name, value)
    assert {error.id for error in run_checks(tags=["payment"])} == found
