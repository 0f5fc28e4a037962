"""The email with a quote and its payment link."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.order.order_summary import order_summary
from checkout.order.states import OrderState


def quote_sent(order: Order) -> None:
    """Email the customer the quote, each time that staff send it."""
    about = f"order:{order.number}:{order.date_placed:%Y%m%d%H%M%S%f}"
    outbox.add("order-quote", subject_id=about, to=order.guest_email, data={"order": order.pk})


def pay_url(order: Order) -> str:
    """Return the absolute URL of the page on which the customer pays the quote by card."""
    path = reverse("checkout:retry", args=[order.number, status_token(order)])
    return settings.SITE_URL + path


@renders("order-quote", urgent=True)
def render_quote(message: Message) -> dict[str, Any]:
    """Return the order summary and the payment link."""
    orders = Order.objects.select_related("shipping_address__country")
    order = orders.filter(pk=message.data["order"], status=OrderState.PENDING).first()
    if order is None:
        raise NoLongerNeeded("The quote was paid, changed or cancelled before this could be sent.")
    return {**order_summary(order), "pay_url": pay_url(order)}
