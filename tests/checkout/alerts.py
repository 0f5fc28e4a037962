"""What staff see of payment alerts: notes on the order, and emails."""

from accounts.mail.models import Message
from checkout.order.models import Order, OrderNote


def notes(order: Order) -> list[str]:
    """Return the order's notes, the oldest first."""
    rows = OrderNote.objects.filter(order=order).order_by("pk")
    return list(rows.values_list("message", flat=True))


def alert_recipients() -> list[str]:
    """Return the recipients of all alert emails, the oldest first."""
    rows = Message.objects.filter(email_type="payment-alert").order_by("pk")
    return list(rows.values_list("recipient", flat=True))
