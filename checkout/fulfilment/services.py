"""The rest of what the order desk does: end an order, keep a note."""

from typing import TYPE_CHECKING

from django.db import transaction

from checkout.fulfilment.partial_cancellation import CHANGED, cancel_pieces
from checkout.fulfilment.refund_actions import give_money_back
from checkout.order import emails
from checkout.order.lines import derive, give_up, standings_of
from checkout.order.locking import DeskError, keep_note, locked_row, stripe_in_words
from checkout.order.models import Order, OrderNote
from checkout.order.reservations import release_offers, release_stock
from checkout.order.states import ORDER, NotAllowed, OrderState

if TYPE_CHECKING:
    from accounts.users.models import User


def cancel_order(*, order: Order, reason: str, by: "User | None") -> Order:
    """End an order: release or refund what has not shipped, in money and in stock.

    Of an order that has left in part, the rest is cancelled. A second call changes nothing.
    Raises DeskError.
    """
    now = Order.objects.get(pk=order.pk)
    if now.status == OrderState.PART_SHIPPED:
        standings = standings_of(now, with_shelf=False)
        rest = {each.line.pk: each.left for each in standings}
        return cancel_pieces(order=now, quantities=rest, reason=reason, by=by)
    with stripe_in_words(), transaction.atomic():
        locked = locked_row(order)
        if _is_over(locked):
            return locked
        if locked.status == OrderState.PART_SHIPPED:
            raise DeskError(CHANGED)  # a parcel has just left
        give_money_back(locked, reason, by)
        release_offers(locked)
        release_stock(locked, by=by, why=reason)
        _end(locked)
        keep_note(locked, f"Cancelled: {reason}", by)
        emails.order_cancelled(locked, reason)
    return locked


def _is_over(order: Order) -> bool:
    """Tell whether it was cancelled before; raise DeskError where nothing is left to cancel."""
    if order.status == OrderState.CANCELLED:
        return True
    if order.status == OrderState.SHIPPED:
        if order.lines.filter(cancelled__gt=0).exists():
            return True
        raise DeskError(str(NotAllowed(ORDER.thing, order.status, OrderState.CANCELLED)))
    return False


def _end(order: Order) -> None:
    """Give up what is left. What was placed goes where its lines lead, the rest is cancelled."""
    give_up(order)
    if order.status == OrderState.PLACED:
        derive(order)
    else:
        order.move_to(OrderState.CANCELLED)


def add_note(*, order: Order, message: str, by: "User | None") -> OrderNote:
    """Keep a remark that only staff read."""
    return keep_note(order, message, by, kind=OrderNote.INFO)
