"""Calls to the webhook's address that are not Stripe's, or not for this shop, while money is held
at Stripe of which only the genuine call may tell."""

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
from tests.checkout.failures.aftermath import LONG_AGO, send_mail
from tests.checkout.failures.scene import (
    CONFIRM,
    LOOK,
    PLACED,
    WAITING,
    all_at_once,
    end,
    press,
)
from tests.checkout.webhooks import HELD, deliver
from tests.stripe_double.control import Double

pytestmark = pytest.mark.usefixtures("needs_threads")

NOT_HEARD = replace(WAITING, intents=("requires_capture",), charges=("held 6716",))
OTHER_SHOP = "https://other-shop.example"


@pytest.fixture
def genuine(buyer: Client, form: dict[str, Any], stripe_double: Double) -> dict[str, Any]:
    """The event that tells of the held money; its webhook and every other answer are late."""
    stripe_double.fault(LOOK, status=500, times=3)
    stripe_double.fault(CONFIRM, lost=True, when="after", times=3)
    assert press(buyer, form, stripe_double)["outcome"] == "unknown"
    stripe_double.clear_faults()
    assert end(stripe_double) == NOT_HEARD
    [event] = stripe_double.events(HELD)
    return event


def call(event: dict[str, Any], **forged: Any) -> int:
    return int(deliver(Client(), json.dumps(event).encode(), **forged).status_code)


def test_forged_stale_and_wrong_mode_calls_change_nothing_and_the_genuine_one_places_the_order(
    genuine: dict[str, Any], stripe_double: Double
):
    # Mutation: read_event() with a tolerance of 3000 seconds, without the check of the mode, or
    # without the signature's: 204 instead of 400 for just these calls.
    bad = [
        lambda: call(genuine, key="whsec_of_somebody_else"),
        lambda: call(genuine, at=time.time() - 301),
        lambda: call(genuine | {"livemode": True}),
        lambda: deliver(Client(), b"{}").status_code,
        lambda: Client().post("/stripe/webhook/", genuine, "application/json").status_code,
    ]
    assert all_at_once(*bad, *bad) == [400] * 10
    assert end(stripe_double) == NOT_HEARD
    assert not StripeEvent.objects.exists()

    genuine_calls = [lambda: call(genuine), lambda: call(genuine, at=time.time() - 250)]
    assert all_at_once(*bad, *genuine_calls) == [400] * 5 + [204] * 2
    assert end(stripe_double) == PLACED
    assert StripeEvent.objects.get().settled_at is not None
    send_mail()
    assert run_audit().last_line == "audit: 0 breaches"


def test_what_a_signed_call_claims_is_looked_up_and_not_believed(
    genuine: dict[str, Any], stripe_double: Double
):
    # Mutation: _follow() believed an event that is called canceled: the order was cancelled
    # with its money held.
    claimed = json.loads(json.dumps(genuine))
    claimed["type"] = "payment_intent.canceled"
    claimed["data"]["object"] |= {"status": "canceled", "amount": 1}
    assert all_at_once(*[lambda: call(claimed)] * 4) == [204] * 4
    assert end(stripe_double) == PLACED


def test_a_call_about_another_shop_of_the_same_account_touches_neither_shop(
    genuine: dict[str, Any], stripe_double: Double
):
    # Mutation: _compare_with_stripe() looked at every shop's intents: theirs was released;
    # _follow() found the attempt by order number: their call placed our order.
    theirs = _sale_of_another_shop(stripe_double, like=genuine["data"]["object"])
    [event] = [e for e in stripe_double.events(HELD) if e["data"]["object"]["id"] == theirs]
    assert all_at_once(*[lambda: call(event)] * 4) == [204] * 4
    both = ("requires_capture", "requires_capture")
    held = ("held 6716", "held 6716")
    assert end(stripe_double) == replace(NOT_HEARD, intents=both, charges=held)
    assert StripeEvent.objects.get().settled_at is not None

    stripe_double.backdate(theirs, LONG_AGO)
    reconcile()  # which releases what is ours and in no book, and settles our own sale
    assert end(stripe_double) == replace(PLACED, intents=both, charges=held)
    send_mail()
    assert run_audit().last_line == "audit: 0 breaches"


def _sale_of_another_shop(double: Double, *, like: dict[str, Any]) -> str:
    """Sell something of the same price elsewhere, under the very order number of ours."""
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
