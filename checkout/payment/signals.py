"""Signals for higher packages."""

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.dispatch import Signal

if TYPE_CHECKING:
    from checkout.order.models import Order

#: Sent after the commit of a capture, a refund or a failed refund. Argument: order. A receiver must
#: be idempotent: the process may be killed before or after it.
transactions_recorded = Signal()


def announce_transactions(order: "Order") -> None:
    """Send `transactions_recorded` on commit."""
    send = transactions_recorded.send_robust
    transaction.on_commit(partial(send, sender=type(order), order=order))
