"""Stripe's answers get lost, come late, or are errors; and what shoppers are told meanwhile."""

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
from tests.checkout.failures.conftest import time_is_up
from tests.checkout.failures.scene import (
    CONFIRM,
    CREATE,
    DECLINED,
    LOOK,
    NOTHING,
    PLACED,
    THANKS,
    WAITING,
    all_at_once,
    end,
    page,
    press,
    while_stripe_thinks,
)  # fmt: skip
from tests.checkout.failures.scene import (
    LAPSED as AS_BEFORE,
)

#: Written down, and no intent of it is known.
UNASKED = replace(WAITING, intents=())
#: Money is held at Stripe, and the shop has not heard of it.
UNHEARD = replace(WAITING, intents=("requires_capture",), charges=("held 6716",))
LOCKED = {"status": 429, "code": "lock_timeout"}
TROUBLE = [LOCKED, {"status": 429}, {"status": 500}, {"lost": True}, {"stall": True}]
TROUBLE_NAMES = ["locked", "429", "500", "lost", "time-out"]


@pytest.fixture(autouse=True)
def _impatient(settings: Any) -> None:
    """A time-out comes after a second."""
    settings.STRIPE_TIMEOUT = 1


def lose_confirm(double: Any) -> None:
    """The card is charged; neither that nor how it stands reaches the shop."""
    double.fault(CONFIRM, lost=True, when="after", times=3)
    double.fault(LOOK, status=500, times=3)


# --- Making the intent ---------------------------------------------------------------------------


def test_when_the_answer_to_create_is_lost_the_same_intent_is_found_and_charged_once(
    buyer, form, stripe_double
):
    # Mutation: max_network_retries=0, and the shopper read that Stripe cannot be reached.
    stripe_double.fault(CREATE, lost=True, when="after")
    assert press(buyer, form, stripe_double)["outcome"] == "placed"
    assert end(stripe_double) == PLACED


@pytest.mark.parametrize("trouble", TROUBLE, ids=TROUBLE_NAMES)
def test_when_create_is_never_answered_nothing_is_charged_and_the_next_press_finds_the_intent(
    buyer, form, stripe_double, trouble
):
    # Mutation: without the idempotency key each try made an intent of its own.
    stripe_double.fault(CREATE, when="after", times=3, **trouble)
    answer = press(buyer, form, stripe_double)
    stripe_double.clear_faults()
    assert (answer["outcome"], answer["message"]) == ("declined", PAYMENT_UNAVAILABLE)
    assert end(stripe_double) == WAITING
    attempt = PaymentAttempt.objects.get()
    assert (attempt.intent_id, attempt.unanswered) == (None, 0)

    assert press(buyer, {}, stripe_double, path=answer["retry"])["outcome"] == "placed"
    assert end(stripe_double) == PLACED


def test_an_error_that_stripe_keeps_under_our_key_does_not_make_the_order_unpayable(
    buyer, form, stripe_double
):
    # Mutation: create_intent() with one key; every press said "cannot be reached".
    stripe_double.fault(CREATE, status=500, when="after", kept=True)
    assert press(buyer, form, stripe_double)["outcome"] == "placed"
    left_over, paid = stripe_double.intents()
    assert (left_over["status"], paid["status"]) == ("requires_payment_method", "requires_capture")
    assert Order.objects.get().attempts.get().intent_id == paid["id"]

    stripe_double.backdate(left_over["id"], 3600)
    number = Order.objects.get().number
    assert reconcile() == [f"intent {left_over['id']} of order {number}: released, "
                           "since no order has it"]  # fmt: skip
    assert end(stripe_double) == replace(PLACED, intents=("canceled", "requires_capture"))


# --- Charging the card ---------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", TROUBLE[2:], ids=TROUBLE_NAMES[2:])
def test_when_confirm_is_never_answered_the_webhook_heals_it(buyer, form, webhooks, trouble):
    # Mutation: GatewayDown was told as REFUSED, "nothing was charged", with 67.16 held.
    webhooks.hold_webhooks()
    webhooks.fault(CONFIRM, when="after", times=3, **trouble)
    webhooks.fault(LOOK, status=500, times=3)
    answer = press(buyer, form, webhooks)
    webhooks.clear_faults()
    assert (answer["outcome"], answer["message"]) == ("unknown", PAYMENT_UNKNOWN)
    assert end(webhooks) == UNHEARD
    assert "We don’t know yet whether this order is paid." in page(buyer, answer["retry"])

    webhooks.release_webhooks()
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED
    assert PaymentAttempt.objects.get().unanswered == 0
    assert f"Order {Order.objects.get().number} is confirmed." in page(buyer, THANKS)


def test_when_confirm_is_never_answered_and_no_webhook_comes_the_job_heals_it(
    buyer, form, webhooks, needs_threads
):
    # Mutation: reconcile() only settled the events that had arrived, and there were none.
    webhooks.drop_next_webhooks(20)
    lose_confirm(webhooks)
    assert press(buyer, form, webhooks)["message"] == PAYMENT_UNKNOWN
    webhooks.wait_until_idle()
    assert end(webhooks) == UNHEARD
    results = all_at_once(reconcile, reconcile, reconcile)  # beat may queue one twice
    assert not [each for each in results if isinstance(each, Exception)]
    assert end(webhooks) == PLACED
    assert reconcile() == []


def test_when_confirm_is_never_answered_another_card_is_not_charged_too(buyer, form, stripe_double):
    # Mutation: a second press made another intent, and both cards were charged.
    lose_confirm(stripe_double)
    answer = press(buyer, form, stripe_double)
    assert answer["message"] == PAYMENT_UNKNOWN
    again = press(buyer, {}, stripe_double, "pm_card_mastercard", path=answer["retry"])
    assert again == {"outcome": "placed", "redirect": THANKS}
    assert end(stripe_double) == PLACED


def test_a_card_that_never_arrived_is_not_known_until_the_order_lapses_and_then_told(
    buyer, form, stripe_double
):
    # Mutation: _on_cancelled() did not look at `promised`, and never wrote the letter that
    # PAYMENT_UNKNOWN promises.
    stripe_double.fault(CONFIRM, lost=True, times=3)  # it is on its way, for all that we know
    answer = press(buyer, form, stripe_double)
    assert (answer["outcome"], answer["message"]) == ("unknown", PAYMENT_UNKNOWN)
    assert end(stripe_double) == WAITING
    shown = page(buyer, THANKS)
    assert str(PAYMENT_UNKNOWN) in shown
    assert "Nothing was charged" not in shown
    garbage = buyer.post(answer["retry"], {"confirmation_token": "?"}).json()
    assert garbage["message"] == PAYMENT_UNKNOWN

    time_is_up()
    expire_orders()
    assert end(stripe_double) == replace(AS_BEFORE, mails=("order-cancelled",))
    assert Message.objects.get(kind="order-cancelled").data["reason"] == "It was not paid in time."
    late = press(buyer, {}, stripe_double, path=answer["retry"])
    assert (late["outcome"], late["message"]) == ("declined", ORDER_EXPIRED)


def test_a_card_whose_answer_is_late_is_charged_after_the_page_gave_up(
    buyer, form, webhooks, settings
):
    # Mutation: the answer of the page cancelled the intent, and the card met a dead one.
    webhooks.fault(CONFIRM, stall=True, times=3)
    answer = press(buyer, form, webhooks)
    assert (answer["outcome"], answer["message"]) == ("unknown", PAYMENT_UNKNOWN)
    webhooks.release_stalled()  # and only now Stripe gets to it
    webhooks.wait_for_event("payment_intent.amount_capturable_updated")
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED


@pytest.mark.parametrize("trouble", TROUBLE[:4], ids=TROUBLE_NAMES[:4])
def test_trouble_at_stripe_before_the_card_is_charged_claims_nothing_and_loses_nothing(
    buyer, form, stripe_double, trouble
):
    # regression: 429 counted as a rejection, and the page said "nothing was charged"
    stripe_double.fault(CONFIRM, times=3, **trouble)
    answer = press(buyer, form, stripe_double)
    assert (answer["outcome"], answer["message"]) == ("unknown", PAYMENT_UNKNOWN)
    stripe_double.clear_faults()
    assert end(stripe_double) == WAITING
    again = press(buyer, {}, stripe_double, path=answer["retry"])
    assert again["outcome"] == "placed"
    assert end(stripe_double) == PLACED


@pytest.mark.parametrize(
    "trouble", [each for each in TROUBLE if each != {"status": 429}], ids=lambda each: str(each)
)
def test_one_error_is_tried_again_unseen_by_the_shopper(buyer, form, stripe_double, trouble):
    # Mutation: max_network_retries=0, and each of them reached the page.
    for path in (CREATE, CONFIRM, LOOK):
        stripe_double.fault(path, when="after", **trouble)
    assert press(buyer, form, stripe_double)["outcome"] == "placed"
    assert end(stripe_double) == PLACED


# --- Odd objects at Stripe -----------------------------------------------------------------------


def test_a_webhook_about_an_intent_that_is_not_stored_yet_harms_nothing(
    buyer, form, webhooks, settings, needs_threads
):
    # Mutation: _follow() raised where no attempt is found; the event stayed open for ever.
    settings.STRIPE_TIMEOUT = 30
    answer, _ = while_stripe_thinks(
        webhooks,
        CREATE,
        lambda: press(buyer, form, webhooks),
        lambda: _authorize_at_stripe(webhooks),
        when="after",
    )
    assert answer["outcome"] == "placed"
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED
    assert not StripeEvent.objects.filter(settled_at=None).exists()


def _authorize_at_stripe(double: Any) -> None:
    """A card is charged on the newest intent, which the shop does not know yet."""
    client = stripe.StripeClient("sk_test_demo", base_addresses={"api": double.url})
    newest = double.intents()[-1]["id"]
    client.v1.payment_intents.confirm(newest, {"payment_method": "pm_card_visa"})
    double.wait_until_idle()


def test_an_orphan_authorization_is_released_and_a_young_one_left_alone(
    buyer, form, stripe_double, needs_threads
):
    # Mutation: without ORPHAN_AFTER the job cancelled an intent on its way into the books.
    gateway.create_intent(cents=6716, currency="CAD", key="lost", order_number="100014")
    _authorize_at_stripe(stripe_double)
    assert reconcile() == []
    orphan = stripe_double.intents()[0]["id"]
    stripe_double.backdate(orphan, 3600)
    lines = all_at_once(reconcile, reconcile)
    assert [f"intent {orphan} of order 100014: released, since no order has it"] in lines
    assert end(stripe_double) == replace(NOTHING, intents=("canceled",), charges=("released 6716",))


@pytest.mark.parametrize("amount", [100, 9900])
def test_an_amount_altered_at_stripe_is_given_back_told_and_reported(
    buyer, form, stripe_double, amount
):
    # Mutation: _agrees() always said yes, and an order of 67.16 was placed for 1.00.
    answer = press(buyer, form, stripe_double, DECLINED)
    stripe_double.alter_amount(stripe_double.intents()[0]["id"], amount)
    told = press(buyer, {}, stripe_double, path=answer["retry"])
    assert (told["outcome"], told["message"]) == (
        "declined", "This order was cancelled. You were not charged.",
    )  # fmt: skip
    after = replace(
        NOTHING,
        orders=("cancelled",),
        attempts=("cancelled",),
        books=(("authorize", amount), ("void", amount)),
        intents=("canceled",),
        charges=("declined 6716", f"released {amount}"),
        mails=("order-cancelled",),
    )
    assert end(stripe_double) == after
    note = OrderNote.objects.get().message
    why = "The amount paid is not the order total."
    assert note == f"{amount / 100:.2f} CAD returned to the customer: {why}"
    reconcile()
    assert end(stripe_double) == after
    assert "This order was cancelled." in page(buyer, answer["retry"])
