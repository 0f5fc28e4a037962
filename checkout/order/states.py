"""The states of orders and order lines, and the allowed transitions.

`lines.py` derives both from the quantities ordered, shipped, cancelled and returned.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from microflight.core.states import Machine, NotAllowed

__all__ = [
    "LINE",
    "LINE_MOVES",
    "LIVE",
    "MOVES",
    "ORDER",
    "LineState",
    "NotAllowed",
    "OrderState",
]


class OrderState(models.TextChoices):
    """Stored in Oscar's `status` column."""

    DRAFT = "draft", _("Draft")  # prepared by staff; reserves nothing
    PENDING = "pending", _("Payment pending")
    PLACED = "placed", _("Placed")
    PART_SHIPPED = "part-shipped", _("Partially shipped")
    SHIPPED = "shipped", _("Shipped")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


MOVES: dict[str, tuple[str, ...]] = {
    # staff prepare it; later, they may change a quote before it is paid
    OrderState.PENDING: (
        OrderState.DRAFT,
        OrderState.PLACED,
        OrderState.CANCELLED,
        OrderState.EXPIRED,
    ),
    # the quote is sent, and reserves its stock
    OrderState.DRAFT: (OrderState.PENDING, OrderState.CANCELLED),
    # paid late, and the stock is still available
    OrderState.EXPIRED: (OrderState.PLACED, OrderState.CANCELLED),
    OrderState.PLACED: (OrderState.PART_SHIPPED, OrderState.SHIPPED, OrderState.CANCELLED),
    # the last units shipped, or the remaining ones were cancelled
    OrderState.PART_SHIPPED: (OrderState.SHIPPED,),
    OrderState.SHIPPED: (),
    OrderState.CANCELLED: (),
}

ORDER = Machine("an order", OrderState, OrderState.PENDING, MOVES)


class LineState(models.TextChoices):
    """Stored in Oscar's `status` column of a line. Backordered is not a state: it depends on the
    stock on hand, and is computed when it is shown."""

    ORDERED = "ordered", _("Ordered")
    PART_SHIPPED = "part-shipped", _("Partially shipped")
    SHIPPED = "shipped", _("Shipped")
    CANCELLED = "cancelled", _("Cancelled")
    PART_RETURNED = "part-returned", _("Partially returned")
    RETURNED = "returned", _("Returned")


LINE_MOVES: dict[str, tuple[str, ...]] = {
    LineState.ORDERED: (LineState.PART_SHIPPED, LineState.SHIPPED, LineState.CANCELLED),
    # the last units shipped or were cancelled; some may have been returned already
    LineState.PART_SHIPPED: (LineState.SHIPPED, LineState.PART_RETURNED, LineState.RETURNED),
    LineState.SHIPPED: (LineState.PART_RETURNED, LineState.RETURNED),
    LineState.PART_RETURNED: (LineState.RETURNED,),
    LineState.RETURNED: (),
    LineState.CANCELLED: (),
}

LINE = Machine("an order line", LineState, LineState.ORDERED, LINE_MOVES)

#: Orders that reserve stock or payment; a basket has at most one of them.
LIVE = (OrderState.PENDING, OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)
