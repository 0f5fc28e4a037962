"""The states of an order and of its lines, and the moves between them: the only place that
knows them. `lines.py` works both out from what was ordered, shipped, cancelled and returned."""

from django.db import models

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
    """Kept in Oscar's `status` column."""

    PENDING = "pending", "Waiting for payment"
    PLACED = "placed", "Placed"
    PART_SHIPPED = "part-shipped", "Partly shipped"
    SHIPPED = "shipped", "Shipped"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Not paid in time"


MOVES: dict[str, tuple[str, ...]] = {
    OrderState.PENDING: (OrderState.PLACED, OrderState.CANCELLED, OrderState.EXPIRED),
    # paid after all, while stock is still there
    OrderState.EXPIRED: (OrderState.PLACED, OrderState.CANCELLED),
    OrderState.PLACED: (OrderState.PART_SHIPPED, OrderState.SHIPPED, OrderState.CANCELLED),
    # all that will ever leave has left, though the rest may have been cancelled
    OrderState.PART_SHIPPED: (OrderState.SHIPPED,),
    OrderState.SHIPPED: (),
    OrderState.CANCELLED: (),
}

ORDER = Machine("an order", OrderState, OrderState.PENDING, MOVES)


class LineState(models.TextChoices):
    """Kept in Oscar's `status` column of a line. Whether a line waits for stock is no state: it
    changes with every delivery, and is asked of the shelf when it is shown."""

    ORDERED = "ordered", "Ordered"
    PART_SHIPPED = "part-shipped", "Partly shipped"
    SHIPPED = "shipped", "Shipped"
    CANCELLED = "cancelled", "Cancelled"
    PART_RETURNED = "part-returned", "Partly returned"
    RETURNED = "returned", "Returned"


LINE_MOVES: dict[str, tuple[str, ...]] = {
    LineState.ORDERED: (LineState.PART_SHIPPED, LineState.SHIPPED, LineState.CANCELLED),
    # the last pieces leave or are cancelled, after others have come back or not
    LineState.PART_SHIPPED: (LineState.SHIPPED, LineState.PART_RETURNED, LineState.RETURNED),
    LineState.SHIPPED: (LineState.PART_RETURNED, LineState.RETURNED),
    LineState.PART_RETURNED: (LineState.RETURNED,),
    LineState.RETURNED: (),
    LineState.CANCELLED: (),
}

LINE = Machine("an order line", LineState, LineState.ORDERED, LINE_MOVES)

#: Orders that hold stock or money; a basket has at most one of them.
LIVE = (OrderState.PENDING, OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)
