"""3-D Secure: browser, bank and webhooks return in any order, or never."""

from dataclasses import replace

import pytest
from django.test import Client

from checkout.order.models import Order
from checkout.payment.models import StripeEvent
from tests.checkout.failures.scenario import (
    PENDING,
    PLACED,
    THANK_YOU,
    page_text,
    press_pay,
    snapshot,
)
from tests.checkout.payments import REQUIRES_3DS
from tests.concurrency import run_concurrently

HELD = "payment_intent.amount_capturable_updated"
AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again. "
    "Nothing was charged. Please try again or use another card."
)
AUTHENTICATING = replace(PENDING, intents=("requires_action",))


def test_webhook_places_the_order_when_the_browser_never_returns(buyer, form, webhooks):
    # Mutation: the webhook only stored its event, and the order stayed "pending"
    response = press_pay(buyer, form, webhooks, REQUIRES_3DS)
    assert response["outcome"] == "action"
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == AUTHENTICATING

    webhooks.authenticate(webhooks.intents()[0]["id"])  # the browser never returns
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED
    number = Order.objects.get().number
    assert f"Order {number} Placed" in page_text(Client(), response["retry"])


def test_late_and_repeated_webhooks_change_nothing(buyer, form, webhooks):
    # Mutation: _on_authorized() placed orders in any state: NotAllowed, and events stayed open
    press_pay(buyer, form, webhooks, REQUIRES_3DS)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    webhooks.authenticate(webhooks.intents()[0]["id"])
    assert f"Order {Order.objects.get().number} is confirmed." in page_text(buyer, THANK_YOU)
    assert snapshot(webhooks) == PLACED

    (held,) = webhooks.events(HELD)
    webhooks.release_webhooks("reverse")
    webhooks.resend(held["id"], times=5)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED
    assert StripeEvent.objects.filter(event_id=held["id"]).count() == 1
    assert not StripeEvent.objects.filter(settled_at=None).exists()


def test_browser_that_returns_after_the_webhook_sees_the_order(buyer, form, webhooks):
    # Mutation: thank_you() showed an order that the webhook had placed as unpaid
    press_pay(buyer, form, webhooks, REQUIRES_3DS)
    intent = webhooks.authenticate(webhooks.intents()[0]["id"])["id"]
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED
    number = Order.objects.get().number
    back = f"{THANK_YOU}?payment_intent={intent}&redirect_status=succeeded"
    assert f"Order {number} is confirmed." in page_text(buyer, back)
    assert "Thank you. Your order is confirmed. We’ve sent you an email." in page_text(
        Client(), back
    )
    assert snapshot(webhooks) == PLACED


@pytest.mark.promise("never-twice")
def test_concurrent_browser_and_webhooks_place_the_order_once(buyer, form, webhooks, postgres_only):
    # Mutation: without select_for_update() in lock(), five of them placed the order
    press_pay(buyer, form, webhooks, REQUIRES_3DS)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    webhooks.authenticate(webhooks.intents()[0]["id"])
    (held,) = webhooks.events(HELD)
    results = run_concurrently(
        lambda: webhooks.release_webhooks("shuffle"),
        lambda: webhooks.resend(held["id"], times=4),
        *[lambda: page_text(buyer, THANK_YOU)] * 4,
    )
    webhooks.wait_until_idle()
    assert sum("is confirmed." in str(each) for each in results) == 4
    assert snapshot(webhooks) == PLACED
    assert Order.objects.get().status_changes.count() == 1


def test_3d_secure_failed_then_passed_charges_once(buyer, form, webhooks):
    # Mutation: apply_intent() cancelled the intent after a failed authentication
    retry = press_pay(buyer, form, webhooks, REQUIRES_3DS)["retry"]
    (intent,) = webhooks.intents()
    webhooks.authenticate(intent["id"], accept=False)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PENDING
    assert AUTHENTICATION_FAILED in page_text(buyer, THANK_YOU)

    assert press_pay(buyer, {}, webhooks, REQUIRES_3DS, path=retry)["outcome"] == "action"
    webhooks.authenticate(intent["id"])
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED
    assert f"Order {Order.objects.get().number} is confirmed." in page_text(buyer, THANK_YOU)
