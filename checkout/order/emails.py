"""Mails about an order: each function writes one row of the outbox in the caller's transaction."""

from django.conf import settings

from accounts.mail import outbox
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import Movement


def order_received(order: Order) -> None:
    """Tell the shopper that the order is placed, and staff that it came."""
    outbox.add("order-received", subject_id=f"order:{order.number}", to=order.guest_email)
    for address in settings.STAFF_MAIL:
        outbox.add("order-for-staff", subject_id=f"order:{order.number}", to=address)


def parcel_shipped(event: ShippingEvent) -> None:
    """Tell the shopper what left and under which tracking number."""
    outbox.add("parcel-shipped", subject_id=f"parcel:{event.pk}", to=event.order.guest_email)


def order_cancelled(order: Order, reason: str) -> None:
    """Tell the shopper that nothing will be sent, and what becomes of the money."""
    data = {"reason": reason}
    subject_id = f"order:{order.number}"
    outbox.add("order-cancelled", subject_id=subject_id, to=order.guest_email, data=data)


def order_refunded(movement: Movement) -> None:
    """Tell the shopper how much money goes back."""
    to = movement.attempt.order.guest_email
    outbox.add("order-refunded", subject_id=f"movement:{movement.pk}", to=to)
