"""What people and banks do at Stripe itself reaches the books here, once, however it comes."""

from dataclasses import replace

import pytest

from checkout.audit.services import run_audit
from checkout.payment.models import StripeEvent
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import settle
from tests.checkout.failures.aftermath import send_mail
from tests.checkout.failures.desk import (
    CANCELLED,
    LET_GO,
    NOT_PAID,
    SHIPPED,
    cancel,
    refund,
    ship,
    told,
)
from tests.checkout.failures.scene import DECLINED, PLACED, all_at_once, end, press

pytestmark = pytest.mark.usefixtures("needs_threads")

TAKEN = replace(SHIPPED, orders=("placed",), shelf=((10, 1),), mails=PLACED.mails)


def news_comes_by_every_way_at_once(order, double):
    """The webhooks that were held back, each repeated and in any order; a browser; the job."""
    attempt = order.attempts.get().pk
    for event in double.events()[-6:]:
        double.resend(event["id"], times=2)
    all_at_once(
        lambda: double.release_webhooks("shuffle"), lambda: settle(attempt),
        lambda: settle(attempt), reconcile, reconcile,
    )  # fmt: skip
    double.wait_until_idle()
    assert not StripeEvent.objects.filter(settled_at=None).exists()


def is_clean() -> None:
    send_mail()
    assert run_audit().last_line == "audit: 0 breaches"


def test_a_capture_in_stripes_dashboard_is_booked_once_and_the_parcel_takes_no_second_one(
    sold, webhooks
):
    # Mutation: record_intent() passed captures over: "authorized", and nothing in the books;
    # capture_payment() knew no captured payment: the parcel was refused.
    webhooks.hold_webhooks()
    webhooks.capture(webhooks.intents()[0]["id"])
    news_comes_by_every_way_at_once(sold, webhooks)
    assert end(webhooks) == TAKEN
    ship(sold)
    webhooks.wait_until_idle()
    assert end(webhooks) == SHIPPED
    is_clean()


@pytest.mark.breaches("orders-paid")  # staff must ask for the rest
def test_a_partial_capture_in_stripes_dashboard_is_booked_as_it_is_and_told_once(sold, webhooks):
    # regression: the alert was missing, then it was raised 7 times
    webhooks.hold_webhooks()
    webhooks.capture(webhooks.intents()[0]["id"], 5000)
    news_comes_by_every_way_at_once(sold, webhooks)
    assert end(webhooks) == replace(
        TAKEN,
        books=(("authorize", 6716), ("capture", 5000)),
        charges=("taken 5000",),
    )
    assert told(sold) == ["Only 50.00 of 67.16 CAD was captured at Stripe."]


def test_refunds_in_stripes_dashboard_are_booked_once_each(sold, webhooks):
    # regression: refunds were not recorded, then only one of two with the same amount
    ship(sold)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    intent = webhooks.intents()[0]["id"]
    webhooks.refund(intent, 1500)
    webhooks.refund(intent, 1500)
    news_comes_by_every_way_at_once(sold, webhooks)
    assert end(webhooks) == replace(
        SHIPPED,
        books=(*SHIPPED.books, ("refund", 1500), ("refund", 1500)),
        charges=("taken 6716 returned 3000",),
        mails=(*SHIPPED.mails, "order-refunded", "order-refunded"),
    )
    assert sold.attempts.get().refunded_cents == 3000
    is_clean()


def test_a_refund_that_failed_and_one_made_in_the_dashboard_since_are_both_seen(sold, webhooks):
    # Mutation: with settle() alone, which compares sums, neither of the two came into the books.
    ship(sold)
    webhooks.wait_until_idle()
    refund(sold, 1500)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    webhooks.finish_refund(webhooks.refunds()[0]["id"], succeeded=False)
    webhooks.refund(webhooks.intents()[0]["id"], 1500)
    news_comes_by_every_way_at_once(sold, webhooks)
    made = sold.attempts.get().transactions.filter(type="refund").order_by("pk")
    assert [(each.amount_cents, each.failed_at is None) for each in made] == [
        (1500, False), (1500, True),
    ]  # fmt: skip
    assert sold.attempts.get().refunded_cents == 1500
    assert told(sold) == ["Refund of 15.00 CAD failed: the bank rejected it"]
    is_clean()


def test_an_order_whose_money_was_all_given_back_in_stripes_dashboard_does_not_ship(sold, webhooks):
    # Mutation: capture_payment() accepted a payment that had been captured: shipped.
    intent = webhooks.intents()[0]["id"]
    webhooks.capture(intent)
    webhooks.refund(intent)
    webhooks.wait_until_idle()
    returned = replace(
        TAKEN,
        books=(*TAKEN.books, ("refund", 6716)),
        charges=("taken 6716 returned 6716",),
        mails=(*TAKEN.mails, "order-refunded"),
    )
    assert end(webhooks) == returned
    refused = all_at_once(*[lambda: ship(sold)] * 2)
    assert {str(each) for each in refused} == {
        "The payment was fully refunded. Cancel this order instead."
    }
    assert end(webhooks) == returned
    cancel(sold)
    webhooks.wait_until_idle()
    assert end(webhooks) == replace(
        returned,
        orders=("cancelled",),
        shelf=((10, 0),),
        mails=(*returned.mails, "order-cancelled"),
    )
    is_clean()


def test_a_cancellation_in_stripes_dashboard_is_told_once_and_the_order_waits_for_staff(
    sold, webhooks
):
    # Mutation: _on_cancelled() passed over placed orders: not told; alert() noted it anew each
    # time: told 7 times.
    webhooks.hold_webhooks()
    webhooks.cancel(webhooks.intents()[0]["id"])
    news_comes_by_every_way_at_once(sold, webhooks)
    assert end(webhooks) == LET_GO
    assert told(sold) == [NOT_PAID]
    cancel(sold)
    assert end(webhooks) == CANCELLED
    is_clean()


def test_a_cancellation_in_stripes_dashboard_of_an_unpaid_order_opens_the_cart_again(
    buyer, form, webhooks
):
    # Mutation: _end() released without opening the cart, which stayed submitted.
    press(buyer, form, webhooks, DECLINED)
    webhooks.wait_until_idle()
    webhooks.cancel(webhooks.intents()[0]["id"])
    webhooks.wait_until_idle()
    assert end(webhooks) == replace(
        PLACED, orders=("cancelled",), attempts=("cancelled",), books=(), intents=("canceled",),
        charges=("declined 6716",), shelf=((10, 0),), carts=("Open",), mails=(),
    )  # fmt: skip
    is_clean()


@pytest.mark.parametrize(
    ("won", "words"),
    [
        (True, "We won the dispute: Stripe returns the money to the shop"),
        (
            False,
            "We lost the dispute: the cardholder keeps the money. Do not refund it",
        ),
    ],
)
def test_a_dispute_is_told_once_when_it_is_opened_and_once_when_it_is_closed(
    sold, webhooks, won, words
):
    # Mutation: settle_event() passed disputes over: not told; alert() noted it anew each time:
    # told twice; _closed() called every end won: the lost one was told wrong.
    ship(sold)
    webhooks.wait_until_idle()
    webhooks.hold_webhooks()
    dispute = webhooks.open_dispute(webhooks.intents()[0]["id"])["id"]
    news_comes_by_every_way_at_once(sold, webhooks)
    opened = "The cardholder disputes this payment"
    assert told(sold) == [opened]
    webhooks.hold_webhooks()
    webhooks.close_dispute(dispute, won=won)
    news_comes_by_every_way_at_once(sold, webhooks)
    assert told(sold) == [opened, words]
    assert end(webhooks) == SHIPPED
