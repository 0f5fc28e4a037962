"""Orders that wait for the shop to reopen. A job releases them, oldest first."""

import logging

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from checkout.order import emails
from checkout.order.locking import record_note
from checkout.order.models import Line, Order
from checkout.order.states import LineState, OrderState
from policies.opening import calendars

logger = logging.getLogger(__name__)


def release_held_orders() -> int:
    """Release the held orders once the shop is open again, and email each buyer once.

    Each order is released in its own transaction, so a job that was killed is continued by the
    next one, and two jobs at once release each order once. Returns how many were released.
    While the shop is away, it puts on hold what was ordered before and agreed to wait.
    """
    if calendars.current_away_period() is not None:
        _hold_waiting()
        return 0
    held = Order.objects.open().filter(on_hold=True).order_by("date_placed", "pk")
    released = 0
    for pk in list(held.values_list("pk", flat=True)):
        try:
            released += _release(pk)
        except Exception:  # the next order is released all the same
            logger.exception("Order %s could not be released from its hold.", pk)
    return released


def _hold_waiting() -> None:
    """Put on hold the open orders with lines whose buyers agreed, before the away period, that
    they wait for its end. An order that was released once is not held again."""
    lines = Line.objects.filter(held=True, status__in=(LineState.ORDERED, LineState.PART_SHIPPED))
    waiting = Order.objects.open().filter(on_hold=False, hold_released_at=None)
    waiting.filter(pk__in=lines.values("order_id")).update(on_hold=True)


@transaction.atomic
def _release(pk: int) -> bool:
    """Release one order; False if it was released or cancelled in the meantime."""
    order = Order.objects.select_for_update(of=("self",)).get(pk=pk)
    if not order.on_hold or order.status not in (OrderState.PLACED, OrderState.PART_SHIPPED):
        return False
    order.on_hold, order.hold_released_at = False, timezone.now()
    order.save(update_fields=["on_hold", "hold_released_at"])
    record_note(order, gettext("Released from hold: the shop is open again."), None)
    emails.hold_released(order)
    return True
