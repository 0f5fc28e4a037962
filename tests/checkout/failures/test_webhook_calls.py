"""Webhook calls that Stripe did not send, or not to this shop, during an unreported payment."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest
import stripe
from django.conf import settings as shop_settings
from django.test import Client

from checkout.audit.services import run_audit
from checkout.payment.models import StripeEvent
from checkout.settlement.reconcile import reconcile
from tests.checkout.conftest import token
from tests.checkout.failures.recovery import ORPHAN_AGE, send_emails
from tests.checkout.failures.scenario import CONFIRM, PENDING, PLACED, RETRIEVE, press_pay, snapshot
from tests.checkout.webhooks import HELD, deliver
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

pytestmark = pytest.mark.usefixtures("postgres_only")

UNREPORTED = replace(PENDING, intents=("requires_capture",), charges=("authorized 6716",))
OTHER_SHOP = "https://other-shop.example"


@pytest.fixture
def genuine(buyer: Client, form: dict[str, Any], stripe_double: Double) -> dict[str, Any]:
    """The event of an authorized payment whose other responses and webhook are late."""
    stripe_double.fault(RETRIEVE, status=500, times=3)
    stripe_double.fault(CONFIRM, lost=True, when="after", times=3)
    assert press_pay(buyer, form, stripe_double)["outcome"] == "unknown"
    stripe_double.clear_faults()
    assert snapshot(stripe_double) == UNREPORTED
    [event] = stripe_double.events(HELD)
    return event


def call(event: dict[str, Any], **forged: Any) -> int:
    return int(deliver(Client(), json.dumps(event).encode(), **forged).status_code)


def test_forged_stale_and_wrong_mode_calls_are_rejected(
    genuine: dict[str, Any], stripe_double: Double
):
    # Mutation: read_event() with a tolerance of 3000 seconds, without the check of the mode, or
    # without the signature: 204 instead of 400 for just these calls
    bad = [
        lambda: call(genuine, key="whsec_of_another_shop"),
        lambda: call(genuine, at=time.time() - 301),
        lambda: call(genuine | {"livemode": True}),
        lambda: deliver(Client(), b"{}").status_code,
        lambda: Client().post("/stripe/webhook/", genuine, "application/json").status_code,
    ]
    assert run_concurrently(*bad, *bad) == [400] * 10
    assert snapshot(stripe_double) == UNREPORTED
    assert not StripeEvent.objects.exists()

    genuine_calls = [lambda: call(genuine), lambda: call(genuine, at=time.time() - 250)]
    assert run_concurrently(*bad, *genuine_calls) == [400] * 5 + [204] * 2
    assert snapshot(stripe_double) == PLACED
    assert StripeEvent.objects.get().settled_at is not None
    send_emails()
    assert run_audit().last_line == "audit: 0 breaches"


def test_event_content_is_read_from_stripe_instead(genuine: dict[str, Any], stripe_double: Double):
    # Mutation: the webhook trusted the type "canceled": the order was cancelled while its
    # payment was authorized
    claimed = json.loads(json.dumps(genuine))
    claimed["type"] = "payment_intent.canceled"
    claimed["data"]["object"] |= {"status": "canceled", "amount": 1}
    assert run_concurrently(*[lambda: call(claimed)] * 4) == [204] * 4
    assert snapshot(stripe_double) == PLACED


def test_event_of_another_shop_on_the_account_changes_nothing(
    genuine: dict[str, Any], stripe_double: Double
):
    # Mutation: _compare_with_stripe() looked at every shop's intents: theirs was released;
    # the webhook found the attempt by order number: their call placed our order
    theirs = _sale_of_another_shop(stripe_double, like=genuine["data"]["object"])
    [event] = [e for e in stripe_double.events(HELD) if e["data"]["object"]["id"] == theirs]
    assert run_concurrently(*[lambda: call(event)] * 4) == [204] * 4
    both = ("requires_capture", "requires_capture")
    held = ("authorized 6716", "authorized 6716")
    assert snapshot(stripe_double) == replace(UNREPORTED, intents=both, charges=held)
    assert StripeEvent.objects.get().settled_at is not None

    stripe_double.backdate(theirs, ORPHAN_AGE)
    reconcile()  # releases our orphaned payments, and settles our order
    assert snapshot(stripe_double) == replace(PLACED, intents=both, charges=held)
    send_emails()
    assert run_audit().last_line == "audit: 0 breaches"


def _sale_of_another_shop(double: Double, *, like: dict[str, Any]) -> str:
    """Authorize a payment of the same amount in another shop, with our order number."""
    client = stripe.StripeClient(
        shop_settings.STRIPE_SECRET_KEY, base_addresses={"api": double.url}
    )
    made = client.v1.payment_intents.create(
        {
            "amount": like["amount"], "currency": "cad", "capture_method": "manual",
            "allowed_payment_method_types": ["card"],
            "metadata": like["metadata"] | {"site": OTHER_SHOP},
        }
    )  # fmt: skip
    client.v1.payment_intents.confirm(made.id, {"confirmation_token": token(double),
                                                "return_url": OTHER_SHOP})  # fmt: skip
    return str(made.id)
