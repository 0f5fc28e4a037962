"""Test cards, and the state of an order that waits for its payment."""

from datetime import timedelta

from django.utils import timezone

from checkout.order.models import Order

DECLINED = "pm_card_visa_chargeDeclinedInsufficientFunds"
REQUIRES_3DS = "pm_card_authenticationRequired"


def fresh(order: Order) -> Order:
    """Read an order from the database."""
    return Order.objects.get(pk=order.pk)


def end_payment_window(order: Order) -> None:
    """Let the time to pay for an order be over."""
    order.attempts.update(expires_at=timezone.now() - timedelta(seconds=1))
