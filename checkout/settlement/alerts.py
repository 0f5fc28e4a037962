"""Payment alerts: stored once, noted on the order, logged as an error, and emailed to staff."""

import logging

from django.db import transaction

from checkout.order.models import Order, OrderNote
from checkout.payment.models import PaymentAlert
from checkout.settlement import emails

logger = logging.getLogger(__name__)

MAX_LENGTH = int(PaymentAlert._meta.get_field("text").max_length or 0)


@transaction.atomic
def alert(order: Order, text: str) -> None:
    """Alert staff, once per text, that an order's payment needs attention."""
    raised, new = PaymentAlert.objects.get_or_create(order=order, text=text[:MAX_LENGTH])
    if new:
        note(order, text)
        logger.error("Order %s: %s", order.number, text)
        emails.payment_alert(raised)


@transaction.atomic
def note(order: Order, text: str) -> None:
    """Add a note to the order, once, about a payment that needs no action."""
    # locked, since disputes are handled after settle() has released the lock
    Order.objects.select_for_update(of=("self",)).only("pk").get(pk=order.pk)
    OrderNote.objects.get_or_create(order=order, note_type=OrderNote.SYSTEM, message=text)
