"""The time to pay runs out: before the money, after it, or while a bank makes up its mind."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.mail.models import Message
from catalog.partner import ledger
from catalog.partner.models import StockRecord
from checkout.fulfilment.services import cancel_order
from checkout.fulfilment.shipments import create_shipment
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, OrderNote
from checkout.payment.models import PaymentAttempt
from checkout.settlement.reconcile import expire_orders, reconcile
from checkout.settlement.services import AT_BANK, ORDER_EXPIRED, PAYMENT_UNKNOWN, settle
from tests.checkout.failures.aftermath import expire_locally
from tests.checkout.failures.conftest import time_is_up
from tests.checkout.failures.scene import (
    ASKS_BANK,
    CONFIRM,
    DECLINED,
    LAPSED,
    LOOK,
    PLACED,
    THANKS,
    WAITING,
    all_at_once,
    end,
    page,
    press,
    second_tab,
)  # fmt: skip
from tests.checkout.shopper import add_to_cart, checkout_form

AT_THE_BANK = replace(WAITING, attempts=("processing",), intents=("processing",))


def minutes_left() -> int:
    """How long the goods are still kept."""
    return round((PaymentAttempt.objects.get().expires_at - timezone.now()) / timedelta(minutes=1))


# --- Unpaid --------------------------------------------------------------------------------------


@pytest.mark.promise("kept-for-you")
def test_an_order_that_nobody_pays_gives_everything_back_once(buyer, form, webhooks, needs_threads):
    # Mutation: _end() released stock without asking whether the order still held it.
    retry = press(buyer, form, webhooks, DECLINED)["retry"]
    time_is_up()
    lines = all_at_once(expire_orders, expire_orders, reconcile)
    assert not [each for each in lines if isinstance(each, Exception)]
    webhooks.wait_until_idle()
    after = replace(LAPSED, charges=("declined 6716",))
    assert end(webhooks) == after
    assert Order.objects.get().status_changes.count() == 1
    shown = page(buyer, retry)
    assert "This order was not paid in time, so it was cancelled. Nothing was charged." in shown
    assert "Carbon Butterfly" in page(buyer, "/cart/")
    assert expire_orders() == []


def test_an_order_whose_shopper_is_at_the_bank_lapses_and_the_bank_is_too_late(
    buyer, form, webhooks
):
    # Mutation: close() did not cancel in `requires_action`; the bank then charged the card.
    press(buyer, form, webhooks, ASKS_BANK)
    time_is_up()
    expire_orders()
    with pytest.raises(Exception, match="nothing to authenticate"):
        webhooks.authenticate(webhooks.intents()[0]["id"])
    webhooks.wait_until_idle()
    assert end(webhooks) == LAPSED


def test_an_order_that_is_held_at_stripe_is_placed_when_its_time_is_up_and_the_webhook_is_late(
    buyer, form, webhooks
):
    # Mutation: close() cancelled without retrieving first, and 67.16 were given back.
    webhooks.hold_webhooks()
    webhooks.fault(CONFIRM, lost=True, when="after", times=3)
    webhooks.fault(LOOK, status=500, times=3)
    assert press(buyer, form, webhooks)["message"] == PAYMENT_UNKNOWN
    time_is_up()
    number = Order.objects.get().number
    assert expire_orders() == [f"order {number}: placed after its payment window"]
    assert end(webhooks) == PLACED
    webhooks.release_webhooks()
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED


def test_paying_and_expiring_at_the_same_moment_leave_no_half(guest, stripe_double, needs_threads):
    # Mutation: neither _ready_to_confirm() asked for an open attempt nor close_unsent() for one
    # without an intent, and the audit after this story found six breaches.
    for _ in range(4):
        buyer = guest()
        form = checkout_form(buyer)
        stripe_double.fault(r"POST /v1/payment_intents$", status=503, times=3)
        retry = press(buyer, form, stripe_double)["retry"]
        time_is_up()
        answer, *_ = all_at_once(
            lambda b=buyer, r=retry: press(b, {}, stripe_double, path=r),
            expire_orders,
            expire_orders,
        )
        order = Order.objects.order_by("-pk").first()
        assert order is not None
        if order.status == "placed":
            assert answer["outcome"] == "placed"
        else:
            assert (order.status, answer["message"]) == ("expired", ORDER_EXPIRED)
    held = [each for each in stripe_double.charges() if each["paid"] and not each["refunded"]]
    assert len(held) == Order.objects.filter(status="placed").count()


def test_paying_an_expired_order_charges_nothing_and_its_cart_can_be_ordered_anew(
    buyer, form, stripe_double
):
    # Mutation: _charge() answered "placed" for every order that does not wait any more.
    retry = press(buyer, form, stripe_double, DECLINED)["retry"]
    time_is_up()
    expire_orders()
    answer = press(buyer, {}, stripe_double, path=retry)
    assert (answer["outcome"], answer["message"]) == ("declined", ORDER_EXPIRED)
    after = replace(LAPSED, charges=("declined 6716",))
    assert end(stripe_double) == after

    assert press(buyer, checkout_form(buyer), stripe_double)["outcome"] == "placed"
    assert end(stripe_double) == replace(
        PLACED,
        orders=("expired", "placed"),
        attempts=("cancelled", "authorized"),
        intents=("canceled", "requires_capture"),
        charges=("declined 6716", "held 6716"),
    )


# --- Paid after all ------------------------------------------------------------------------------


def lapse_with_money_on_the_way(buyer: Any, form: Any, double: Any) -> int:
    """Money is held at Stripe, and the order lapsed before we heard of it; the attempt's pk."""
    double.fault(CONFIRM, lost=True, when="after", times=3)
    double.fault(LOOK, status=500, times=3)
    press(buyer, form, double)
    return expire_locally(Order.objects.get())


def sell_out() -> None:
    """Somebody else bought the last pieces, at the fair."""
    ledger.adjust(StockRecord.objects.get().pk, -10, by=None, reason="Sold at the fair.")


def test_an_order_paid_after_it_expired_is_placed_while_its_goods_are_still_there(
    buyer, form, stripe_double, needs_threads
):
    # Mutation: reserve_again() without _retake_stock(): placed, and no piece promised to it.
    attempt = lapse_with_money_on_the_way(buyer, form, stripe_double)
    results = all_at_once(*[lambda: settle(attempt).status] * 4)
    assert results == ["placed"] * 4
    assert end(stripe_double) == PLACED


@pytest.mark.parametrize("taken", [False, True], ids=["held", "taken"])
def test_an_order_paid_after_it_expired_with_its_goods_gone_gives_the_money_back(
    buyer, form, stripe_double, needs_threads, taken
):
    # Mutation: _place_late() placed it without reserve_again(), and nothing could ship; the
    # email said "Nothing was charged" of money that had been taken, and never named the refund.
    attempt = lapse_with_money_on_the_way(buyer, form, stripe_double)
    sell_out()
    if taken:
        stripe_double.capture(stripe_double.intents()[0]["id"])
    results = all_at_once(*[lambda: settle(attempt).status] * 4)
    assert results == ["cancelled"] * 4
    moves = [("capture", 6716), ("refund", 6716)] if taken else [("void", 6716)]
    assert end(stripe_double) == replace(
        LAPSED,
        orders=("cancelled",),
        books=(("authorize", 6716), *moves),
        intents=("succeeded" if taken else "canceled",),
        charges=("taken 6716 returned 6716" if taken else "released 6716",),
        shelf=((0, 0),),
        mails=("order-refunded", "order-cancelled") if taken else ("order-cancelled",),
    )
    note = OrderNote.objects.get().message
    assert note == "67.16 CAD returned to the customer: Carbon Butterfly has just sold out."
    letter = Message.objects.get(kind="order-cancelled")
    assert letter.data["reason"] == "Carbon Butterfly has just sold out."
    shown = page(buyer, THANKS)
    assert ("Nothing was charged" in shown) is not taken


# --- `processing` --------------------------------------------------------------------------------


def test_while_a_bank_is_processing_the_goods_are_kept_and_nothing_ships(
    buyer, form, webhooks, needs_threads
):
    # Mutation: without _wait_for_bank() the order lapsed under a payment that then succeeded.
    webhooks.process_next()
    answer = press(buyer, form, webhooks)
    assert (answer["outcome"], answer["message"]) == ("unknown", AT_BANK)
    webhooks.wait_until_idle()
    assert end(webhooks) == AT_THE_BANK
    order = Order.objects.get()
    for _ in range(3):
        time_is_up()
        all_at_once(expire_orders, reconcile)
        assert (minutes_left(), end(webhooks)) == (30, AT_THE_BANK)
    assert str(AT_BANK) in page(buyer, THANKS)
    assert "Nothing was charged" not in page(buyer, answer["retry"])
    again = press(buyer, {}, webhooks, path=answer["retry"])
    assert (again["outcome"], again["message"]) == ("unknown", AT_BANK)
    changed = buyer.post(answer["retry"].replace("/retry/", "/change/"), follow=True)
    assert str(AT_BANK) in changed.content.decode()
    with pytest.raises(OrderActionError, match="An order that is pending cannot be shipped."):
        create_shipment(order=order, quantities={order.lines.get().pk: 1}, carrier="UPS",
                    tracking_number="1Z", by=None)  # fmt: skip
    with pytest.raises(OrderActionError, match="Stripe is still processing"):
        cancel_order(order=order, reason="Too slow", by=None)
    assert end(webhooks) == AT_THE_BANK
    assert len(webhooks.charges()) == 0


def test_a_payment_that_was_processing_and_succeeds_places_the_order(buyer, form, webhooks):
    # Mutation: book() took only open attempts for undecided, and no money was written down.
    webhooks.process_next()
    press(buyer, form, webhooks)
    webhooks.finish_processing(webhooks.intents()[0]["id"], succeeded=True)
    webhooks.wait_until_idle()
    assert end(webhooks) == PLACED
    assert f"Order {Order.objects.get().number} is confirmed." in page(buyer, THANKS)


def test_a_payment_that_was_processing_and_fails_gives_everything_back_and_is_told(
    buyer, form, webhooks
):
    # regression: the intent stayed open, the stock reserved, and no email was sent
    webhooks.process_next()
    answer = press(buyer, form, webhooks)
    webhooks.finish_processing(webhooks.intents()[0]["id"], succeeded=False)
    webhooks.wait_until_idle()
    assert end(webhooks) == replace(LAPSED, orders=("cancelled",), mails=("order-cancelled",))
    assert (
        Message.objects.get(kind="order-cancelled").data["reason"]
        == "The payment did not go through."
    )
    assert "This order was cancelled. Nothing more will ship." in page(buyer, answer["retry"])
    assert "Carbon Butterfly" in page(buyer, "/cart/")


# --- The cart of a lapsed order ------------------------------------------------------------------


@pytest.mark.parametrize("way", ["expired", "given up"])
def test_a_cart_begun_while_an_order_waited_gets_its_things_back_when_it_lapses(
    buyer, form, plane, stripe_double, needs_threads, way
):
    # Mutation: the cookie named the new cart alone, and what was in the old one was lost.
    retry = press(buyer, form, stripe_double, DECLINED)["retry"]
    add_to_cart(buyer, plane, 1)
    assert "back in your cart" not in page(buyer, "/cart/")
    if way == "expired":
        time_is_up()
        expire_orders()
    else:
        buyer.post(retry.replace("/retry/", "/change/"))
    shown = page(buyer, "/cart/")
    assert (
        "Your earlier order was not paid, so its items are back in your cart. "
        "Please check the quantities: 1 × Carbon Butterfly."
    ) in shown
    assert "back in your cart" not in page(buyer, "/cart/")
    found = end(stripe_double)
    assert (found.carts, found.shelf) == (("Merged", "Open"), ((10, 0),))


def test_two_windows_that_look_at_once_bring_a_cart_back_once(
    buyer, form, plane, stripe_double, needs_threads
):
    # Mutation: without the lock in restore_expired_cart() the second window got an error page.
    press(buyer, form, stripe_double, DECLINED)
    add_to_cart(buyer, plane, 2)
    time_is_up()
    expire_orders()
    tabs = [second_tab(buyer) for _ in range(4)]
    shown = all_at_once(*(lambda t=t: page(t, "/cart/") for t in tabs))
    told = "back in your cart. Please check the quantities: 2 × Carbon Butterfly."
    assert sum(told in str(each) for each in shown) == 1
    assert not [each for each in shown if isinstance(each, Exception)]
    assert end(stripe_double).carts == ("Merged", "Open")
