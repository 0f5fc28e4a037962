"""Why nothing of a placed order may ship, apart from stock, and which units may be packed."""

from collections.abc import Iterable

from django.utils.translation import gettext

from checkout.order.lines import LineProgress
from checkout.order.models import Line, Order
from checkout.order.states import OrderState


def shipping_block(order: Order) -> str:
    """Return why an order must not ship now, as a sentence for staff; "" if it may.

    Staff hold it, its payment was fully refunded, or what was added to it is not paid yet. Reads
    its additions and payment attempts.
    """
    if order.staff_hold:
        return gettext("Held by staff: %(reason)s") % {"reason": order.staff_hold}
    unpaid = [each for each in order.additions.all() if each.status == OrderState.PENDING]
    if unpaid:
        text = gettext("Waiting for payment of order %(numbers)s, which was added to it.")
        return text % {"numbers": ", ".join(sorted(each.number for each in unpaid))}
    if any(each.is_fully_refunded for each in order.attempts.all()):
        return gettext("The payment was fully refunded. Cancel this order instead.")
    return ""


def is_held(order: Order, line: Line) -> bool:
    """Tell whether a line waits until the shop reopens."""
    return order.on_hold and line.held


def to_pack(order: Order, progress: Iterable[LineProgress]) -> list[LineProgress]:
    """Return the lines of an order of which units may be packed now: their `ready` units."""
    if shipping_block(order):
        return []
    shipped = [each for each in progress if each.ready and each.line.requires_shipping]
    return [each for each in shipped if not is_held(order, each.line)]
