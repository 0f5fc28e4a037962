"""What needs a person: written down once, noted on the order, logged as an error, and mailed."""

import logging

from django.db import transaction

from checkout.order.models import Order, OrderNote
from checkout.payment.models import MoneyAlert
from checkout.settlement import emails

logger = logging.getLogger(__name__)

LONGEST = int(MoneyAlert._meta.get_field("text").max_length or 0)


@transaction.atomic
def alert(order: Order, text: str) -> None:
    """Tell staff, once, that an order's money needs a look."""
    raised, new = MoneyAlert.objects.get_or_create(order=order, text=text[:LONGEST])
    if new:
        note(order, text)
        logger.error("Order %s: %s", order.number, text)
        emails.payment_alert(raised)


@transaction.atomic
def note(order: Order, text: str) -> None:
    """Keep on the order, once, what staff may want to know of its money and need not act on."""
    # a dispute is told after settle() has let the lock go: two at once would both find no note
    Order.objects.select_for_update(of=("self",)).only("pk").get(pk=order.pk)
    OrderNote.objects.get_or_create(order=order, note_type=OrderNote.SYSTEM, message=text)
