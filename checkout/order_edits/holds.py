"""Staff hold an order, so that nothing of it ships, and release it."""

from django.db import transaction
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.order.locking import OrderActionError, lock_order, record_note
from checkout.order.models import Order
from checkout.order.states import OrderState

_OPEN = (OrderState.PLACED, OrderState.PART_SHIPPED)


@transaction.atomic
def hold_order(*, order: Order, reason: str, by: User | None) -> Order:
    """Hold what has not shipped. Stock and payment stay reserved. Raises OrderActionError."""
    locked = lock_order(order)
    if locked.status not in _OPEN:
        text = gettext("An order that is %(state)s cannot be held.")
        raise OrderActionError(text % {"state": locked.status})
    if locked.staff_hold:
        text = gettext("It is already held: %(reason)s")
        raise OrderActionError(text % {"reason": locked.staff_hold})
    return _set_hold(locked, reason, gettext("Held: %(reason)s") % {"reason": reason}, by)


@transaction.atomic
def release_order(*, order: Order, seen: str, reason: str, by: User | None) -> Order:
    """Let an order ship again. `seen` is the reason of the hold that staff saw.

    Raises OrderActionError.
    """
    locked = lock_order(order)
    if not locked.staff_hold or locked.staff_hold != seen:
        raise OrderActionError(
            gettext("The hold has changed since you opened this page. Please open it again.")
        )
    return _set_hold(locked, "", gettext("Released: %(reason)s") % {"reason": reason}, by)


def _set_hold(order: Order, reason: str, note: str, by: User | None) -> Order:
    order.staff_hold = reason
    order.save(update_fields=["staff_hold"])
    record_note(order, note, by)
    return order
