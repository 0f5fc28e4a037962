"""Stripe's responses are lost, late, or errors; and what shoppers see meanwhile."""

from dataclasses import replace
from typing import Any

import pytest
import stripe

from accounts.mail.models import Message
from checkout.order.models import Order, OrderNote
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAttempt, StripeEvent
from checkout.settlement.reconcile import expire_orders, reconcile
from checkout.settlement.services import ORDER_EXPIRED, PAYMENT_UNAVAILABLE, PAYMENT_UNKNOWN
from tests.checkout.failures.conftest import end_payment_windows
from tests.checkout.failures.scenario import (
    CONFIRM,
    CREATE,
    EXPIRED,
    NO_ORDER,
    PENDING,
    PLACED,
    RETRIEVE,
    THANK_YOU,
    during_stripe_request,
    page_text,
    press_pay,
    snapshot,
)
from tests.checkout.payments import DECLINED
from tests.concurrency import run_concurrently

#: The order was saved, and no intent is known.
NO_INTENT = replace(PENDING, intents=())
#: Authorized at Stripe, and not reported to the shop.
UNREPORTED = replace(PENDING, intents=("requires_capture",), charges=("authorized 6716",))
LOCKED = {"status": 429, "code": "lock_timeout"}
ERRORS = [LOCKED, {"status": 429}, {"status": 500}, {"lost": True}, {"stall": True}]
ERROR_NAMES = ["locked", "429", "500", "lost", "time-out"]


@pytest.fixture(autouse=True)
def _impatient(settings: Any) -> None:
    """Time out after a second."""
    settings.STRIPE_TIMEOUT = 1


def lose_confirm_response(double: Any) -> None:
    """Charge the card; lose the response and the request for the intent's state."""
    double.fault(CONFIRM, lost=True, when="after", times=3)
    double.fault(RETRIEVE, status=500, times=3)


# --- Creating the intent -------------------------------------------------------------------------


def test_lost_create_response_finds_the_intent_and_charges_once(buyer, form, stripe_double):
    # Mutation: max_network_retries=0, and the shopper read that Stripe cannot be reached
    stripe_double.fault(CREATE, lost=True, when="after")
    assert press_pay(buyer, form, stripe_double)["outcome"] == "placed"
    assert snapshot(stripe_double) == PLACED


@pytest.mark.parametrize("error", ERRORS, ids=ERROR_NAMES)
def test_unanswered_create_charges_nothing_and_a_retry_finds_the_intent(
    buyer, form, stripe_double, error
):
    # Mutation: without the idempotency key each try created another intent
    stripe_double.fault(CREATE, when="after", times=3, **error)
    response = press_pay(buyer, form, stripe_double)
    stripe_double.clear_faults()
    assert (response["outcome"], response["message"]) == ("declined", PAYMENT_UNAVAILABLE)
    assert snapshot(stripe_double) == PENDING
    attempt = PaymentAttempt.objects.get()
    assert (attempt.intent_id, attempt.unanswered) == (None, 0)

    assert press_pay(buyer, {}, stripe_double, path=response["retry"])["outcome"] == "placed"
    assert snapshot(stripe_double) == PLACED


def test_error_stored_under_the_idempotency_key_does_not_block_payment(buyer, form, stripe_double):
    # Mutation: create_intent() with one key; every try said "cannot be reached"
    stripe_double.fault(CREATE, status=500, when="after", kept=True)
    assert press_pay(buyer, form, stripe_double)["outcome"] == "placed"
    left_over, paid = stripe_double.intents()
    assert (left_over["status"], paid["status"]) == ("requires_payment_method", "requires_capture")
    assert Order.objects.get().attempts.get().intent_id == paid["id"]

    stripe_double.backdate(left_over["id"], 3600)
    number = Order.objects.get().number
    assert reconcile() == [f"intent {left_over['id']} of order {number}: released, "
                           "since no order has it"]  # fmt: skip
    assert snapshot(stripe_double) == replace(PLACED, intents=("canceled", "requires_capture"))


# --- Charging the card ---------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS[2:], ids=ERROR_NAMES[2:])
def test_unanswered_confirm_is_settled_by_the_webhook(buyer, form, webhooks, error):
    # Mutation: GatewayDown was shown as REFUSED, "nothing was charged", with 67.16 authorized
    webhooks.hold_webhooks()
    webhooks.fault(CONFIRM, when="after", times=3, **error)
    webhooks.fault(RETRIEVE, status=500, times=3)
    response = press_pay(buyer, form, webhooks)
    webhooks.clear_faults()
    assert (response["outcome"], response["message"]) == ("unknown", PAYMENT_UNKNOWN)
    assert snapshot(webhooks) == UNREPORTED
    assert "We don’t know yet whether this order is paid." in page_text(buyer, response["retry"])

    webhooks.release_webhooks()
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED
    assert PaymentAttempt.objects.get().unanswered == 0
    assert f"Order {Order.objects.get().number} is confirmed." in page_text(buyer, THANK_YOU)


def test_unanswered_confirm_without_webhook_is_settled_by_reconcile(
    buyer, form, webhooks, postgres_only
):
    # Mutation: reconcile() settled only the events that had arrived, and there were none
    webhooks.drop_next_webhooks(20)
    lose_confirm_response(webhooks)
    assert press_pay(buyer, form, webhooks)["message"] == PAYMENT_UNKNOWN
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == UNREPORTED
    results = run_concurrently(reconcile, reconcile, reconcile)  # beat may queue one twice
    assert not [each for each in results if isinstance(each, Exception)]
    assert snapshot(webhooks) == PLACED
    assert reconcile() == []


def test_unanswered_confirm_does_not_charge_a_second_card(buyer, form, stripe_double):
    # Mutation: a second press created another intent, and both cards were charged
    lose_confirm_response(stripe_double)
    response = press_pay(buyer, form, stripe_double)
    assert response["message"] == PAYMENT_UNKNOWN
    again = press_pay(buyer, {}, stripe_double, "pm_card_mastercard", path=response["retry"])
    assert again == {"outcome": "placed", "redirect": THANK_YOU}
    assert snapshot(stripe_double) == PLACED


def test_lost_confirm_request_is_unknown_until_the_order_expires(buyer, form, stripe_double):
    # Mutation: _on_cancelled() ignored `promised`, and did not send the email that
    # PAYMENT_UNKNOWN promises
    stripe_double.fault(CONFIRM, lost=True, times=3)  # the shop cannot know that it never arrived
    response = press_pay(buyer, form, stripe_double)
    assert (response["outcome"], response["message"]) == ("unknown", PAYMENT_UNKNOWN)
    assert snapshot(stripe_double) == PENDING
    shown = page_text(buyer, THANK_YOU)
    assert str(PAYMENT_UNKNOWN) in shown
    assert "Nothing was charged" not in shown
    garbage = buyer.post(response["retry"], {"confirmation_token": "?"}).json()
    assert garbage["message"] == PAYMENT_UNKNOWN

    end_payment_windows()
    expire_orders()
    assert snapshot(stripe_double) == replace(EXPIRED, emails=("order-cancelled",))
    assert (
        Message.objects.get(email_type="order-cancelled").data["reason"]
        == "It was not paid in time."
    )
    late = press_pay(buyer, {}, stripe_double, path=response["retry"])
    assert (late["outcome"], late["message"]) == ("declined", ORDER_EXPIRED)


def test_late_confirm_response_places_the_order_after_the_timeout(buyer, form, webhooks, settings):
    # Mutation: the response to the page cancelled the intent before the card was charged
    webhooks.fault(CONFIRM, stall=True, times=3)
    response = press_pay(buyer, form, webhooks)
    assert (response["outcome"], response["message"]) == ("unknown", PAYMENT_UNKNOWN)
    webhooks.release_stalled()  # Stripe handles it only now
    webhooks.wait_for_event("payment_intent.amount_capturable_updated")
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED


@pytest.mark.parametrize("error", ERRORS[:4], ids=ERROR_NAMES[:4])
def test_stripe_error_before_the_charge_is_reported_as_unknown(buyer, form, stripe_double, error):
    # regression: 429 counted as a rejection, and the page said "nothing was charged"
    stripe_double.fault(CONFIRM, times=3, **error)
    response = press_pay(buyer, form, stripe_double)
    assert (response["outcome"], response["message"]) == ("unknown", PAYMENT_UNKNOWN)
    stripe_double.clear_faults()
    assert snapshot(stripe_double) == PENDING
    again = press_pay(buyer, {}, stripe_double, path=response["retry"])
    assert again["outcome"] == "placed"
    assert snapshot(stripe_double) == PLACED


@pytest.mark.parametrize(
    "error", [each for each in ERRORS if each != {"status": 429}], ids=lambda each: str(each)
)
def test_single_stripe_error_is_retried(buyer, form, stripe_double, error):
    # Mutation: max_network_retries=0, and each error reached the page
    for path in (CREATE, CONFIRM, RETRIEVE):
        stripe_double.fault(path, when="after", **error)
    assert press_pay(buyer, form, stripe_double)["outcome"] == "placed"
    assert snapshot(stripe_double) == PLACED


# --- Unexpected objects at Stripe ----------------------------------------------------------------


def test_webhook_before_the_intent_is_stored_changes_nothing(
    buyer, form, webhooks, settings, postgres_only
):
    # Mutation: the webhook raised without an attempt; the event stayed open forever
    settings.STRIPE_TIMEOUT = 30
    response, _ = during_stripe_request(
        webhooks,
        CREATE,
        lambda: press_pay(buyer, form, webhooks),
        lambda: _authorize_at_stripe(webhooks),
        when="after",
    )
    assert response["outcome"] == "placed"
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED
    assert not StripeEvent.objects.filter(settled_at=None).exists()


def _authorize_at_stripe(double: Any) -> None:
    """Charge a card on the newest intent, which the shop does not know yet."""
    client = stripe.StripeClient("sk_test_demo", base_addresses={"api": double.url})
    newest = double.intents()[-1]["id"]
    client.v1.payment_intents.confirm(newest, {"payment_method": "pm_card_visa"})
    double.wait_until_idle()


def test_orphaned_authorization_is_released_unless_it_is_recent(
    buyer, form, stripe_double, postgres_only
):
    # Mutation: without ORPHAN_AFTER, reconcile() cancelled an intent that was about to be stored
    gateway.create_intent(cents=6716, currency="CAD", key="lost", order_number="100014")
    _authorize_at_stripe(stripe_double)
    assert reconcile() == []
    orphan = stripe_double.intents()[0]["id"]
    stripe_double.backdate(orphan, 3600)
    lines = run_concurrently(reconcile, reconcile)
    assert [f"intent {orphan} of order 100014: released, since no order has it"] in lines
    assert snapshot(stripe_double) == replace(
        NO_ORDER, intents=("canceled",), charges=("released 6716",)
    )


@pytest.mark.parametrize("amount", [100, 9900])
def test_amount_altered_at_stripe_is_released_and_reported(buyer, form, stripe_double, amount):
    # Mutation: _is_right_amount() always said yes, and an order of 67.16 was placed for 1.00
    response = press_pay(buyer, form, stripe_double, DECLINED)
    stripe_double.alter_amount(stripe_double.intents()[0]["id"], amount)
    retried = press_pay(buyer, {}, stripe_double, path=response["retry"])
    assert (retried["outcome"], retried["message"]) == (
        "declined", "This order was cancelled. You were not charged.",
    )  # fmt: skip
    after = replace(
        NO_ORDER,
        orders=("cancelled",),
        attempts=("cancelled",),
        transactions=(("authorize", amount), ("void", amount)),
        intents=("canceled",),
        charges=("declined 6716", f"released {amount}"),
        emails=("order-cancelled",),
    )
    assert snapshot(stripe_double) == after
    note = OrderNote.objects.get().message
    why = "The amount paid is not the order total."
    assert note == f"{amount / 100:.2f} CAD returned to the customer: {why}"
    reconcile()
    assert snapshot(stripe_double) == after
    assert "This order was cancelled." in page_text(buyer, response["retry"])
