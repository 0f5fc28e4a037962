"""Two of staff at one order, and Stripe that takes its time or does not answer, when it ships."""

from dataclasses import replace

import pytest
from django.db import connection

from checkout.audit.services import run_audit
from checkout.order.locking import OrderActionError
from checkout.order.models import ShippingEvent
from checkout.settlement.reconcile import reconcile
from tests.checkout.failures.aftermath import send_mail
from tests.checkout.failures.desk import (
    CANCEL,
    CANCELLED,
    CAPTURE,
    LET_GO,
    NOT_PAID,
    SHIPPED,
    cancel,
    ship,
    told,
    while_stripe_thinks_somebody_waits,
)
from tests.checkout.failures.scene import PLACED, all_at_once, end, press, while_stripe_thinks
from tests.checkout.shopper import checkout_form

pytestmark = pytest.mark.usefixtures("needs_threads")


def is_clean() -> None:
    send_mail()
    assert run_audit().last_line == "audit: 0 breaches"


def test_desks_that_send_the_same_parcel_at_once_send_it_once(sold, webhooks):
    # Mutation: without the row lock in lock_order() four desks were told "not on the shelf";
    # without _parcel_called() that a shipped order cannot be shipped.
    parcels = all_at_once(*[lambda: ship(sold)] * 5)
    assert {getattr(parcel, "pk", parcel) for parcel in parcels} == {ShippingEvent.objects.get().pk}
    webhooks.wait_until_idle()
    assert end(webhooks) == SHIPPED
    is_clean()


def test_desks_that_ship_the_same_order_in_parcels_of_their_own_ship_it_once(sold, webhooks):
    # Mutation: without the row lock in lock_order() all five came as far as the shelf, where
    # the ledger refused four.
    results = all_at_once(*[lambda n=n: ship(sold, f"1Z{n}") for n in range(5)])
    refused = [each for each in results if isinstance(each, OrderActionError)]
    assert {str(each) for each in refused} == {"An order that is shipped cannot be shipped."}
    assert (len(refused), ShippingEvent.objects.count()) == (4, 1)
    webhooks.wait_until_idle()
    assert end(webhooks) == SHIPPED
    is_clean()


def test_a_capture_whose_answer_was_lost_is_told_as_not_done_and_then_done_once(sold, webhooks):
    # Mutation: capture_payment() gave up where Stripe refuses the second capture, and the order
    # stayed placed with its money taken; or it shipped after no answer,
    # without an error.
    webhooks.hold_webhooks()
    webhooks.fault(CAPTURE, lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        ship(sold)
    taken = replace(PLACED, intents=("succeeded",), charges=("taken 6716",))
    assert end(webhooks) == taken

    all_at_once(
        lambda: ship(sold), lambda: ship(sold), lambda: webhooks.release_webhooks("shuffle"),
        reconcile,
    )  # fmt: skip
    webhooks.wait_until_idle()
    assert end(webhooks) == SHIPPED
    is_clean()


def test_a_capture_whose_answer_was_lost_is_booked_by_the_webhook_and_the_parcel_still_leaves(
    sold, webhooks
):
    # Mutation: capture_payment() knew no payment that is captured already: "not held any more".
    webhooks.fault(CAPTURE, lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        ship(sold)
    webhooks.wait_until_idle()
    not_yet = replace(SHIPPED, orders=("placed",), shelf=((10, 1),), mails=PLACED.mails)
    assert end(webhooks) == not_yet
    ship(sold)
    assert end(webhooks) == SHIPPED
    is_clean()


def test_an_order_cancelled_while_it_is_being_captured_ships(sold, webhooks):
    # Mutation: without the row lock in lock_order() the payment was cancelled under the
    # capture, and the parcel was refused.
    parcel, refused = while_stripe_thinks_somebody_waits(
        webhooks, CAPTURE, lambda: ship(sold), lambda: cancel(sold)
    )
    assert isinstance(parcel, ShippingEvent)
    assert str(refused) == "An order that is shipped cannot become cancelled."
    webhooks.wait_until_idle()
    assert end(webhooks) == SHIPPED
    is_clean()


def test_an_order_shipped_while_it_is_being_cancelled_stays(sold, webhooks):
    # Mutation: without the row lock in lock_order() the two met in a deadlock; without asking
    # for the state in _lines_to_ship() the refusal was "0 are left to ship".
    _, refused = while_stripe_thinks_somebody_waits(
        webhooks, CANCEL, lambda: cancel(sold), lambda: ship(sold)
    )
    assert str(refused) == "An order that is cancelled cannot be shipped."
    webhooks.wait_until_idle()
    assert end(webhooks) == CANCELLED
    is_clean()


def test_an_order_whose_payment_is_cancelled_at_stripe_while_it_is_being_captured_stays(
    sold, webhooks
):
    # Mutation: capture_payment() did not ask how much was captured, and the parcel left unpaid.
    intent = webhooks.intents()[0]["id"]
    refused, _ = while_stripe_thinks(
        webhooks, CAPTURE, lambda: ship(sold), lambda: webhooks.cancel(intent)
    )
    assert str(refused) == "The payment cannot be captured. Its status at Stripe: canceled."
    webhooks.wait_until_idle()
    assert end(webhooks) == LET_GO
    assert told(sold) == [NOT_PAID]
    cancel(sold)
    assert end(webhooks) == CANCELLED
    is_clean()


def test_an_authorization_that_expires_before_shipping_ships_nothing_and_is_told_once(
    sold, webhooks
):
    # Mutation: capture_payment() did not ask how much was captured, and the parcel left unpaid.
    intent = webhooks.intents()[0]["id"]
    webhooks.hold_webhooks()
    webhooks.expire(intent)
    refused = all_at_once(*[lambda: ship(sold)] * 3)
    assert {str(each) for each in refused} == {
        "The payment cannot be captured. Its status at Stripe: canceled."
    }
    webhooks.release_webhooks("shuffle")
    all_at_once(reconcile, reconcile, lambda: ship(sold))
    webhooks.wait_until_idle()
    assert end(webhooks) == LET_GO
    assert told(sold) == [NOT_PAID]
    with pytest.raises(OrderActionError, match="no longer authorized, so it cannot be captured"):
        ship(sold)
    assert end(webhooks) == LET_GO
    all_at_once(lambda: cancel(sold), lambda: cancel(sold), reconcile)
    assert end(webhooks) == CANCELLED
    is_clean()


def test_while_stripe_thinks_about_a_capture_others_can_buy_the_same_thing(
    sold, webhooks, guest, settings
):
    # Mutation: with the parcel packed before the capture the buyer waited for the shelf's row,
    # until "canceling statement due to lock timeout".
    second = guest()
    form = checkout_form(second)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    parcel, answer = while_stripe_thinks(
        webhooks, CAPTURE, lambda: ship(sold), lambda: press(second, form, webhooks)
    )
    connection.close()
    assert (parcel.order, answer["outcome"]) == (sold, "placed")
    webhooks.wait_until_idle()
    assert end(webhooks) == replace(
        SHIPPED,
        orders=("shipped", "placed"),
        attempts=("captured", "authorized"),
        books=(("authorize", 6716), ("authorize", 6716), ("capture", 6716)),
        intents=("succeeded", "requires_capture"),
        charges=("taken 6716", "held 6716"),
        shelf=((9, 1),),
        carts=("Submitted", "Submitted"),
        mails=(*PLACED.mails, *PLACED.mails, "shipment-sent"),
    )
    is_clean()
