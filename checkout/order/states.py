"""The states of an order and the moves between them: the only place that knows both."""

from django.db import models


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
    OrderState.PART_SHIPPED: (OrderState.SHIPPED, OrderState.CANCELLED),
    OrderState.SHIPPED: (),
    OrderState.CANCELLED: (),
}

#: Orders that hold stock or money; a basket has at most one of them.
LIVE = (OrderState.PENDING, OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)


class NotAllowed(Exception):
    """The order cannot move that way. Its text may be shown."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"An order that is {old} cannot become {new}.")


def check_move(old: str, new: str) -> None:
    """Raise NotAllowed unless an order may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise NotAllowed(old, new)
