"""Oscar's signals of orders, sent once the transaction that caused them is committed.

Each change of a state is sent once; an order is placed when it is paid, or is free. A receiver must
be idempotent all the same: it may be killed after its work and called again by a retry of its own.
One that raises is logged, and stops neither the others nor the request.
"""

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from oscar.apps.order.signals import (
    order_line_status_changed,
    order_placed,
    order_status_changed,
)

from checkout.order.states import OrderState

if TYPE_CHECKING:
    from checkout.order.models import Line, Order


def announce_state(order: "Order", old: str, new: str) -> None:
    """Send `order_status_changed` on commit, and before it `order_placed` if it is placed now."""
    transaction.on_commit(partial(_send_state, order, old, new))


def announce_line_state(line: "Line", old: str, new: str) -> None:
    """Send `order_line_status_changed` on commit."""
    states = {"old_status": old, "new_status": new}
    send = order_line_status_changed.send_robust
    transaction.on_commit(partial(send, sender=type(line), line=line, **states))


def _send_state(order: "Order", old: str, new: str) -> None:
    sender = type(order)
    if new == OrderState.PLACED and order_placed.has_listeners(sender):  # the user is a query
        order_placed.send_robust(sender=sender, order=order, user=order.user)
    order_status_changed.send_robust(sender=sender, order=order, old_status=old, new_status=new)
