"""Letters that were not written, or written twice, or too early."""

from typing import Any

from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from tests.checkout.audit.conftest import ship
from tests.checkout.audit.running import breaches, sql
from tests.stripe_double.control import Double

WRITE = "Write to the customer by hand, and look for the error in the worker's log."


def test_a_placed_order_without_its_letter_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    sql("DELETE FROM mail_message WHERE kind = 'order-received'")
    assert breaches() == [
        f"order {order.number}: 0 letters confirm it, and it should be 1. {WRITE}"
    ]


def test_a_second_letter_for_an_order_is_a_breach(paid: Any, stripe_double: Double):
    order, other = paid(), paid()
    sql(
        "UPDATE mail_message SET kind = 'order-received', recipient = 'two@example.com' "
        "WHERE kind = 'order-for-staff' AND subject_id = %s",
        f"order:{order.number}",
    )
    assert breaches() == [
        f"order {order.number}: 2 letters confirm it, and it should be 1. {WRITE}"
    ]
    assert other.number != order.number


def test_an_order_without_an_address_needs_no_letter(paid: Any, stripe_double: Double):
    order: Order = paid()
    sql("UPDATE order_order SET guest_email = ''")
    sql("DELETE FROM mail_message")
    assert breaches() == []
    assert order.guest_email == "dana@example.com"


def test_a_letter_for_an_order_that_was_never_placed_is_a_breach(
    paid: Any, order: Any, stripe_double: Double
):
    waiting, placed = order(), paid()
    sql(
        "UPDATE mail_message SET subject_id = %s WHERE kind = 'order-received'",
        f"order:{waiting.number}",
    )
    assert breaches() == [
        f"order {placed.number}: 0 letters confirm it, and it should be 1. {WRITE}",
        f"order {waiting.number}: A letter says that it was placed, and it was not. "
        "Tell the customer, and look at the order's changes of state.",
    ]


def test_a_parcel_without_its_letter_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 1)
    ship(order, 1, 1, number="CP2")
    assert breaches() == []
    first = order.shipping_events.order_by("pk")[0]
    sql("DELETE FROM mail_message WHERE subject_id = %s", f"parcel:{first.pk}")
    what = f"0 letters announce parcel {first.pk}, and it should be 1."
    assert breaches() == [f"order {order.number}: {what} {WRITE}"]


def test_a_refund_without_its_letter_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 2, 1)
    refund = refund_order(order=order, cents=500, reason="A scratch.", by=None)
    assert breaches() == []
    sql("DELETE FROM mail_message WHERE kind = 'order-refunded'")
    what = f"0 letters tell of refund {refund.stripe_id}, and it should be 1."
    assert breaches() == [f"order {order.number}: {what} {WRITE}"]
