"""The payment window ends: before the payment, after it, or while it is processing."""

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
from tests.checkout.failures.conftest import end_payment_windows
from tests.checkout.failures.recovery import expire_locally
from tests.checkout.failures.scenario import (
    CONFIRM,
    EXPIRED,
    PENDING,
    PLACED,
    RETRIEVE,
    THANK_YOU,
    page_text,
    press_pay,
    second_tab,
    snapshot,
)
from tests.checkout.payments import DECLINED, REQUIRES_3DS
from tests.checkout.shopper import add_to_cart, checkout_form
from tests.concurrency import run_concurrently

PROCESSING = replace(PENDING, attempts=("processing",), intents=("processing",))


def minutes_left() -> int:
    """Minutes until the payment window ends."""
    return round((PaymentAttempt.objects.get().expires_at - timezone.now()) / timedelta(minutes=1))


# --- Unpaid --------------------------------------------------------------------------------------


@pytest.mark.promise("kept-for-you")
def test_unpaid_order_releases_its_reservations_once(buyer, form, webhooks, postgres_only):
    # Mutation: _end() released stock without checking that the order still reserved it
    retry = press_pay(buyer, form, webhooks, DECLINED)["retry"]
    end_payment_windows()
    lines = run_concurrently(expire_orders, expire_orders, reconcile)
    assert not [each for each in lines if isinstance(each, Exception)]
    webhooks.wait_until_idle()
    after = replace(EXPIRED, charges=("declined 6716",))
    assert snapshot(webhooks) == after
    assert Order.objects.get().status_changes.count() == 1
    shown = page_text(buyer, retry)
    assert "This order was not paid in time, so it was cancelled. Nothing was charged." in shown
    assert "Carbon Butterfly" in page_text(buyer, "/cart/")
    assert expire_orders() == []


def test_order_expires_while_the_shopper_is_at_the_bank(buyer, form, webhooks):
    # Mutation: end_unpaid_order() ignored `requires_action`; the bank then charged the card
    press_pay(buyer, form, webhooks, REQUIRES_3DS)
    end_payment_windows()
    expire_orders()
    with pytest.raises(Exception, match="nothing to authenticate"):
        webhooks.authenticate(webhooks.intents()[0]["id"])
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == EXPIRED


def test_authorized_order_is_placed_at_expiry_without_its_webhook(buyer, form, webhooks):
    # Mutation: end_unpaid_order() cancelled without retrieving first, and 67.16 were released
    webhooks.hold_webhooks()
    webhooks.fault(CONFIRM, lost=True, when="after", times=3)
    webhooks.fault(RETRIEVE, status=500, times=3)
    assert press_pay(buyer, form, webhooks)["message"] == PAYMENT_UNKNOWN
    end_payment_windows()
    number = Order.objects.get().number
    assert expire_orders() == [f"order {number}: placed after its payment window"]
    assert snapshot(webhooks) == PLACED
    webhooks.release_webhooks()
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED


def test_concurrent_payment_and_expiry_are_consistent(guest, stripe_double, postgres_only):
    # Mutation: neither _ready_to_confirm() required an open attempt nor
    # cancel_unsent() one without an intent, and the audit after this test found six breaches
    for _ in range(4):
        buyer = guest()
        form = checkout_form(buyer)
        stripe_double.fault(r"POST /v1/payment_intents$", status=503, times=3)
        retry = press_pay(buyer, form, stripe_double)["retry"]
        end_payment_windows()
        response, *_ = run_concurrently(
            lambda b=buyer, r=retry: press_pay(b, {}, stripe_double, path=r),
            expire_orders,
            expire_orders,
        )
        order = Order.objects.order_by("-pk").first()
        assert order is not None
        if order.status == "placed":
            assert response["outcome"] == "placed"
        else:
            assert (order.status, response["message"]) == ("expired", ORDER_EXPIRED)
    held = [each for each in stripe_double.charges() if each["paid"] and not each["refunded"]]
    assert len(held) == Order.objects.filter(status="placed").count()


def test_expired_order_is_not_charged_and_its_cart_can_be_ordered_again(buyer, form, stripe_double):
    # Mutation: _charge() answered "placed" for every order that was not pending
    retry = press_pay(buyer, form, stripe_double, DECLINED)["retry"]
    end_payment_windows()
    expire_orders()
    response = press_pay(buyer, {}, stripe_double, path=retry)
    assert (response["outcome"], response["message"]) == ("declined", ORDER_EXPIRED)
    after = replace(EXPIRED, charges=("declined 6716",))
    assert snapshot(stripe_double) == after

    assert press_pay(buyer, checkout_form(buyer), stripe_double)["outcome"] == "placed"
    assert snapshot(stripe_double) == replace(
        PLACED,
        orders=("expired", "placed"),
        attempts=("cancelled", "authorized"),
        intents=("canceled", "requires_capture"),
        charges=("declined 6716", "authorized 6716"),
    )


# --- Paid after expiry ---------------------------------------------------------------------------


def expire_authorized_order(buyer: Any, form: Any, double: Any) -> int:
    """Expire an order whose authorization was not reported to us; return its attempt's pk."""
    double.fault(CONFIRM, lost=True, when="after", times=3)
    double.fault(RETRIEVE, status=500, times=3)
    press_pay(buyer, form, double)
    return expire_locally(Order.objects.get())


def sell_out() -> None:
    """Sell the last units elsewhere."""
    ledger.adjust(StockRecord.objects.get().pk, -10, by=None, reason="Sold at the fair.")


def test_order_paid_after_expiry_is_placed_if_in_stock(buyer, form, stripe_double, postgres_only):
    # Mutation: reserve_again() without _reserve_stock_again(): placed, and nothing allocated
    attempt = expire_authorized_order(buyer, form, stripe_double)
    results = run_concurrently(*[lambda: settle(attempt).status] * 4)
    assert results == ["placed"] * 4
    assert snapshot(stripe_double) == PLACED


@pytest.mark.parametrize("captured", [False, True], ids=["authorized", "captured"])
def test_order_paid_after_expiry_is_refunded_if_sold_out(
    buyer, form, stripe_double, postgres_only, captured
):
    # Mutation: _place_late() placed it without reserve_again(), and nothing could ship; the
    # email said "Nothing was charged" after a capture, and did not mention the refund
    attempt = expire_authorized_order(buyer, form, stripe_double)
    sell_out()
    if captured:
        stripe_double.capture(stripe_double.intents()[0]["id"])
    results = run_concurrently(*[lambda: settle(attempt).status] * 4)
    assert results == ["cancelled"] * 4
    moves = [("capture", 6716), ("refund", 6716)] if captured else [("void", 6716)]
    assert snapshot(stripe_double) == replace(
        EXPIRED,
        orders=("cancelled",),
        transactions=(("authorize", 6716), *moves),
        intents=("succeeded" if captured else "canceled",),
        charges=("captured 6716 refunded 6716" if captured else "released 6716",),
        stock=((0, 0),),
        emails=("order-refunded", "order-cancelled") if captured else ("order-cancelled",),
    )
    note = OrderNote.objects.get().message
    assert note == "67.16 CAD returned to the customer: Carbon Butterfly has just sold out."
    email = Message.objects.get(email_type="order-cancelled")
    assert email.data["reason"] == "Carbon Butterfly has just sold out."
    shown = page_text(buyer, THANK_YOU)
    assert ("Nothing was charged" in shown) is not captured


# --- `processing` --------------------------------------------------------------------------------


def test_processing_payment_keeps_its_reservation_and_does_not_ship(
    buyer, form, webhooks, postgres_only
):
    # Mutation: without _wait_for_bank() the order expired during a payment that then succeeded
    webhooks.process_next()
    response = press_pay(buyer, form, webhooks)
    assert (response["outcome"], response["message"]) == ("unknown", AT_BANK)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PROCESSING
    order = Order.objects.get()
    for _ in range(3):
        end_payment_windows()
        run_concurrently(expire_orders, reconcile)
        assert (minutes_left(), snapshot(webhooks)) == (30, PROCESSING)
    assert str(AT_BANK) in page_text(buyer, THANK_YOU)
    assert "Nothing was charged" not in page_text(buyer, response["retry"])
    again = press_pay(buyer, {}, webhooks, path=response["retry"])
    assert (again["outcome"], again["message"]) == ("unknown", AT_BANK)
    changed = buyer.post(response["retry"].replace("/retry/", "/change/"), follow=True)
    assert str(AT_BANK) in changed.content.decode()
    with pytest.raises(OrderActionError, match="An order that is pending cannot be shipped."):
        create_shipment(order=order, quantities={order.lines.get().pk: 1}, carrier="UPS",
                    tracking_number="1Z", by=None)  # fmt: skip
    with pytest.raises(OrderActionError, match="Stripe is still processing"):
        cancel_order(order=order, reason="Too slow", by=None)
    assert snapshot(webhooks) == PROCESSING
    assert len(webhooks.charges()) == 0


def test_processing_payment_that_succeeds_places_the_order(buyer, form, webhooks):
    # Mutation: record_intent() handled only open attempts, and nothing was recorded
    webhooks.process_next()
    press_pay(buyer, form, webhooks)
    webhooks.finish_processing(webhooks.intents()[0]["id"], succeeded=True)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == PLACED
    assert f"Order {Order.objects.get().number} is confirmed." in page_text(buyer, THANK_YOU)


def test_processing_payment_that_fails_cancels_the_order_with_an_email(buyer, form, webhooks):
    # regression: the intent stayed open, the stock reserved, and no email was sent
    webhooks.process_next()
    response = press_pay(buyer, form, webhooks)
    webhooks.finish_processing(webhooks.intents()[0]["id"], succeeded=False)
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == replace(
        EXPIRED, orders=("cancelled",), emails=("order-cancelled",)
    )
    assert (
        Message.objects.get(email_type="order-cancelled").data["reason"]
        == "The payment did not go through."
    )
    assert "This order was cancelled. Nothing more will ship." in page_text(
        buyer, response["retry"]
    )
    assert "Carbon Butterfly" in page_text(buyer, "/cart/")


# --- The cart of an expired order ----------------------------------------------------------------


@pytest.mark.parametrize("way", ["expired", "cancelled"])
def test_new_cart_gets_the_items_of_an_expired_order(
    buyer, form, plane, stripe_double, postgres_only, way
):
    # Mutation: the cookie named only the new cart, and the items of the old one were lost
    retry = press_pay(buyer, form, stripe_double, DECLINED)["retry"]
    add_to_cart(buyer, plane, 1)
    assert "back in your cart" not in page_text(buyer, "/cart/")
    if way == "expired":
        end_payment_windows()
        expire_orders()
    else:
        buyer.post(retry.replace("/retry/", "/change/"))
    shown = page_text(buyer, "/cart/")
    assert (
        "Your earlier order was not paid, so its items are back in your cart. "
        "Please check the quantities: 1 × Carbon Butterfly."
    ) in shown
    assert "back in your cart" not in page_text(buyer, "/cart/")
    found = snapshot(stripe_double)
    assert (found.carts, found.stock) == (("Merged", "Open"), ((10, 0),))


def test_concurrent_tabs_restore_an_expired_cart_once(
    buyer, form, plane, stripe_double, postgres_only
):
    # Mutation: without the lock in restore_expired_cart() the second tab got an error page
    press_pay(buyer, form, stripe_double, DECLINED)
    add_to_cart(buyer, plane, 2)
    end_payment_windows()
    expire_orders()
    tabs = [second_tab(buyer) for _ in range(4)]
    shown = run_concurrently(*(lambda t=t: page_text(t, "/cart/") for t in tabs))
    message = "back in your cart. Please check the quantities: 2 × Carbon Butterfly."
    assert sum(message in str(each) for each in shown) == 1
    assert not [each for each in shown if isinstance(each, Exception)]
    assert snapshot(stripe_double).carts == ("Merged", "Open")
