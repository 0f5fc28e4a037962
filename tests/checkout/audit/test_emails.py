"""Missing, duplicate and early emails."""

from typing import Any

from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from tests.checkout.audit.helpers import breaches, ship, sql
from tests.stripe_double.control import Double

WRITE = "Email the customer yourself, and look for the error in the worker’s log."


def test_missing_confirmation_email_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    sql("DELETE FROM mail_message WHERE email_type = 'order-confirmed'")
    assert breaches() == [f"order {order.number}: Confirmation emails: 0 instead of 1. {WRITE}"]


def test_second_confirmation_email_is_a_breach(paid: Any, stripe_double: Double):
    order, other = paid(), paid()
    sql(
        "UPDATE mail_message SET email_type = 'order-confirmed', recipient = 'two@example.com' "
        "WHERE email_type = 'order-for-staff' AND subject_id = %s",
        f"order:{order.number}",
    )
    assert breaches() == [f"order {order.number}: Confirmation emails: 2 instead of 1. {WRITE}"]
    assert other.number != order.number


def test_order_without_an_email_needs_no_confirmation(paid: Any, stripe_double: Double):
    order: Order = paid()
    sql("UPDATE order_order SET guest_email = ''")
    sql("DELETE FROM mail_message")
    assert breaches() == []
    assert order.guest_email == "dana@example.com"


def test_confirmation_of_an_unplaced_order_is_a_breach(
    paid: Any, order: Any, stripe_double: Double
):
    waiting, placed = order(), paid()
    sql(
        "UPDATE mail_message SET subject_id = %s WHERE email_type = 'order-confirmed'",
        f"order:{waiting.number}",
    )
    assert breaches() == [
        f"order {placed.number}: Confirmation emails: 0 instead of 1. {WRITE}",
        f"order {waiting.number}: It has a confirmation email, but was never placed. "
        "Tell the customer, and check the order’s history.",
    ]


def test_missing_shipment_email_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 1)
    ship(order, 1, 1, tracking_number="CP2")
    assert breaches() == []
    first = order.shipping_events.order_by("pk")[0]
    sql("DELETE FROM mail_message WHERE subject_id = %s", f"shipment:{first.pk}")
    what = f"Emails of shipment {first.pk}: 0 instead of 1."
    assert breaches() == [f"order {order.number}: {what} {WRITE}"]


def test_missing_refund_email_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 2, 1)
    refund = refund_order(order=order, cents=500, reason="A scratch.", by=None)
    assert breaches() == []
    sql("DELETE FROM mail_message WHERE email_type = 'order-refunded'")
    what = f"Emails of refund {refund.stripe_id}: 0 instead of 1."
    assert breaches() == [f"order {order.number}: {what} {WRITE}"]
