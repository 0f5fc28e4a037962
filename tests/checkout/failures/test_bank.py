"""The shopper's bank asks to see them, and the browser, the bank and the webhooks come back in
every order, or not at all."""

from dataclasses import replace

import pytest
from django.test import Client

from checkout.order.models import Order
from checkout.payment.models import StripeEvent
from tests.checkout.failures.scene import (
    ASKS_BANK,
    PLACED,
    THANKS,
    WAITING,
    all_at_once,
    end,
    page,
    press,
)

HELD = "payment_intent.amount_capturable_updated"
BANK_SAYS_NO = (
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again. "
    "Nothing was charged. Please try again or use another card."
)
AT_THE_BANK = replace(WAITING, intents=("requires_action",))


def test_when_the_browser_dies_after_3d_secure_the_webhook_places_the_order(buyer, form, webhooks):
    # Mutation: the webhook only stored its event, and the order stayed "pending".
    answer = press(buyer, form, webhooks, ASKS_BANK)
    assert answer["outcome"] == "action"
    webhooks.wait_until_idle()
    assert end(webhooks) == AT_THE_BANK

    webhooks.authenticate(webhooks.intents()[0]["id"])  # and the browser is never seen again
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED
    number = Order.objects.get().number
    assert f"Order {number} Placed" in page(Client(), answer["retry"])


def test_the_browser_returns_first_and_the_webhooks_come_late_and_repeated(buyer, form, webhooks):
    # Mutation: _on_authorized placed whatever the state: NotAllowed, and events stayed open.
    press(buyer, form, webhooks, ASKS_BANK)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    webhooks.authenticate(webhooks.intents()[0]["id"])
    assert f"Order {Order.objects.get().number} is confirmed." in page(buyer, THANKS)
    assert end(webhooks) == PLACED

    (held,) = webhooks.events(HELD)
    webhooks.release_webhooks("reverse")
    webhooks.resend(held["id"], times=5)
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED
    assert StripeEvent.objects.filter(event_id=held["id"]).count() == 1
    assert not StripeEvent.objects.filter(settled_at=None).exists()


def test_the_webhook_comes_first_and_the_browser_returns_later(buyer, form, webhooks):
    # Mutation: thank_you() took any order that it did not move itself for an unpaid one.
    press(buyer, form, webhooks, ASKS_BANK)
    intent = webhooks.authenticate(webhooks.intents()[0]["id"])["id"]
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED
    number = Order.objects.get().number
    back = f"{THANKS}?payment_intent={intent}&redirect_status=succeeded"
    assert f"Order {number} is confirmed." in page(buyer, back)
    assert "Thank you. Your order is confirmed. We’ve sent you an email." in page(Client(), back)
    assert end(webhooks) == PLACED


@pytest.mark.promise("never-twice")
def test_browser_and_webhooks_at_the_same_moment_place_the_order_once(
    buyer, form, webhooks, needs_threads
):
    # Mutation: without select_for_update() in lock(), five of them placed the order.
    press(buyer, form, webhooks, ASKS_BANK)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    webhooks.authenticate(webhooks.intents()[0]["id"])
    (held,) = webhooks.events(HELD)
    results = all_at_once(
        lambda: webhooks.release_webhooks("shuffle"),
        lambda: webhooks.resend(held["id"], times=4),
        *[lambda: page(buyer, THANKS)] * 4,
    )
    webhooks.wait_until_idle()
    assert sum("is confirmed." in str(each) for each in results) == 4
    assert end(webhooks) == PLACED
    assert Order.objects.get().status_changes.count() == 1


def test_3d_secure_refused_and_then_accepted_is_one_charge(buyer, form, webhooks):
    # Mutation: apply_intent() cancelled the intent of a refused check, and the order was gone.
    retry = press(buyer, form, webhooks, ASKS_BANK)["retry"]
    (intent,) = webhooks.intents()
    webhooks.authenticate(intent["id"], accept=False)
    webhooks.wait_until_idle()
    assert end(webhooks) == WAITING
    assert BANK_SAYS_NO in page(buyer, THANKS)

    assert press(buyer, {}, webhooks, ASKS_BANK, path=retry)["outcome"] == "action"
    webhooks.authenticate(intent["id"])
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED
    assert f"Order {Order.objects.get().number} is confirmed." in page(buyer, THANKS)
