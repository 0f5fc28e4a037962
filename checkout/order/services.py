"""The rest of what the order desk does: end an order, keep a note."""

from typing import TYPE_CHECKING

from django.db import transaction

from checkout.holdings import release_offers, release_stock
from checkout.order import emails
from checkout.order.desk import DeskError, keep_note, locked_row, stripe_in_words
from checkout.order.models import Order, OrderNote
from checkout.order.refunds import give_money_back
from checkout.order.states import NotAllowed, OrderState, check_move

if TYPE_CHECKING:
    from accounts.users.models import User


def cancel_order(*, order: Order, reason: str, by: "User | None") -> Order:
    """End an order: release or refund what has not shipped, in money and in stock.

    A second call changes nothing. Raises DeskError.
    """
    with stripe_in_words(), transaction.atomic():
        locked = locked_row(order)
        if locked.status == OrderState.CANCELLED:
            return locked
        try:
            check_move(locked.status, OrderState.CANCELLED)
        except NotAllowed as error:
            raise DeskError(str(error)) from error
        nothing_shipped = not locked.shipping_events.exists()
        give_money_back(locked, reason, by)
        if nothing_shipped:
            release_offers(locked)
        release_stock(locked, by=by, why=reason)
        locked.move_to(OrderState.CANCELLED)
        keep_note(locked, f"Cancelled: {reason}", by)
        emails.order_cancelled(locked, reason)
    return locked


def add_note(*, order: Order, message: str, by: "User | None") -> OrderNote:
    """Keep a remark that only staff read."""
    return keep_note(order, message, by, kind=OrderNote.INFO)
