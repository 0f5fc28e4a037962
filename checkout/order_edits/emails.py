"""The email about a changed address."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.order.links import status_url
from checkout.order.models import Order
from checkout.order.order_summary import order_summary


def address_changed(order: Order, old_total: Decimal) -> None:
    """Email the customer the new address, each time that it changes. Totals are in CAD."""
    if not order.guest_email:
        return
    about = f"order:{order.number}:{timezone.now():%Y%m%d%H%M%S%f}"
    data = {"order": order.pk, "old_total": str(old_total)}
    outbox.add("address-changed", subject_id=about, to=order.guest_email, data=data)


@renders("address-changed", urgent=True)
def render_address_changed(message: Message) -> dict[str, Any]:
    """Return the order, its address now, and its total before the change."""
    orders = Order.objects.select_related("shipping_address__country")
    order = orders.filter(pk=message.data["order"]).first()
    if order is None:
        raise NoLongerNeeded("The order was deleted before this could be sent.")
    old_total = Decimal(message.data["old_total"])
    return {**order_summary(order), "old_total": old_total, "status_url": status_url(order)}
