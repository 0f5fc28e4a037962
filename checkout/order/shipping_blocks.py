"""Why nothing of a placed order may ship, apart from stock and away periods."""

from django.utils.translation import gettext

from checkout.order.models import Order
from checkout.order.states import OrderState


def shipping_block(order: Order) -> str:
    """Return why an order must not ship now, as a sentence for staff; "" if it may.

    Staff hold it, or what was added to it is not paid yet: then both ship together.
    """
    if order.staff_hold:
        return gettext("Held by staff: %(reason)s") % {"reason": order.staff_hold}
    unpaid = [each for each in order.additions.all() if each.status == OrderState.PENDING]
    if unpaid:
        text = gettext("It waits for the payment of what was added: order %(numbers)s.")
        return text % {"numbers": ", ".join(sorted(each.number for each in unpaid))}
    return ""
