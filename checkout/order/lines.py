"""What is left of an order, and the states that follow from it.

A line says how many pieces were ordered, cancelled and returned, its parcels how many were
shipped. From these numbers `derive` works out the state of each line and of the order: nothing
else moves an order that has been placed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.timezone import localdate

from checkout.order.models import Line, Order, ShippingEventQuantity
from checkout.order.states import LineState, OrderState


@dataclass(frozen=True, slots=True)
class Standing:
    """How many pieces of a line are where."""

    line: Line
    shipped: int
    ready: int  # of those left: on the shelf, and not for an older order

    @property
    def left(self) -> int:
        """Pieces that are still owed."""
        return self.line.quantity - self.line.cancelled - self.shipped

    @property
    def waiting(self) -> int:
        """Pieces that are owed and not on the shelf."""
        return self.left - self.ready

    @property
    def expected_on(self) -> date | None:
        """The day on which the next delivery is expected, where something waits for it; None
        once that day is over."""
        record = self.line.stockrecord
        if record is None or record.expected_on is None or not self.waiting:
            return None
        return record.expected_on if record.expected_on >= localdate() else None


def standings_of(
    order: Order, lines: Iterable[Line] | None = None, *, with_shelf: bool = True
) -> list[Standing]:
    """Return how the lines of an order stand, in three queries, or two without the shelf.

    The shelf is asked where pieces are owed; `ready` is all that is left where stock is not
    counted, and without the shelf.
    """
    if lines is None:
        lines = order.lines.select_related("stockrecord").order_by("pk")
    lines = list(lines)
    shipped = shipped_pieces(order)
    ready = _at_hand(lines) if with_shelf and any(_counted(line) for line in lines) else {}
    found = []
    for line in lines:
        gone = shipped.get(line.pk, 0)
        left = line.quantity - line.cancelled - gone
        found.append(Standing(line, gone, min(left, ready.get(line.pk, left))))
    return found


def _counted(line: Line) -> bool:
    return bool(line.num_allocated and line.stockrecord_id)


def shipped_pieces(order: Order) -> dict[int, int]:
    """Return how many pieces of each line have left."""
    sums: dict[int, int] = {}
    rows = ShippingEventQuantity.objects.filter(event__order=order)
    for line, pieces in rows.values_list("line_id", "quantity"):
        sums[line] = sums.get(line, 0) + pieces
    return sums


def _at_hand(lines: Iterable[Line]) -> dict[int, int]:
    """Pieces that each line can have from the shelf once older orders have theirs."""
    records = {line.stockrecord_id for line in lines if _counted(line)}
    queue = Line.objects.queued().filter(stockrecord__in=records)
    ours = {line.pk for line in lines}
    return {
        pk: max(0, min(mine, shelf - (upto - mine)))
        for pk, mine, shelf, upto in queue.values_list("pk", "num_allocated", "shelf", "upto")
        if pk in ours
    }


def in_words(standing: Standing) -> str:
    """Return what a shopper wants to know of a line beyond its quantity; mostly nothing.

    Such as "1 shipped, 2 waiting for stock, expected on December 3".
    """
    line, told = standing.line, []
    if standing.shipped and standing.left:
        told.append(f"{standing.shipped} shipped")
    some = [
        (line.cancelled, "cancelled"), (line.returned, "returned"),
        (standing.waiting, "waiting for stock"),
    ]  # fmt: skip
    told += [word if n == line.quantity else f"{n} {word}" for n, word in some if n]
    if standing.expected_on:
        told.append(f"expected on {date_format(standing.expected_on, 'F j')}")
    text = ", ".join(told)
    return text[:1].upper() + text[1:]


# --- States --------------------------------------------------------------------------------------


def derive(order: Order) -> None:
    """Move lines and order to the states that their pieces say. The caller holds the lock."""
    standings = standings_of(order, with_shelf=False)
    for standing in standings:
        _move(standing.line, line_state(standing))
    state = order_state(standings)
    if order.status not in (state, OrderState.CANCELLED):  # pieces may come back even then
        order.move_to(state)


def _move(line: Line, state: str) -> None:
    if line.status != state:
        line.move_to(state)
        line.save(update_fields=["status"])


def line_state(standing: Standing) -> LineState:
    """Return the state of a line, by its pieces."""
    line, shipped = standing.line, standing.shipped
    if standing.left:
        return LineState.PART_SHIPPED if shipped else LineState.ORDERED
    if not shipped:
        return LineState.CANCELLED
    if not line.returned:
        return LineState.SHIPPED
    return LineState.RETURNED if line.returned == shipped else LineState.PART_RETURNED


def order_state(standings: Iterable[Standing]) -> OrderState:
    """Return the state of an order that has been placed, by the pieces of its lines."""
    shipped = left = 0
    for standing in standings:
        shipped, left = shipped + standing.shipped, left + standing.left
    if left:
        return OrderState.PART_SHIPPED if shipped else OrderState.PLACED
    return OrderState.SHIPPED if shipped else OrderState.CANCELLED


def give_up(order: Order) -> None:
    """Mark every piece that is still owed as cancelled. The caller holds the lock, moves the
    order, and sees to stock and money."""
    for standing in standings_of(order, with_shelf=False):
        if standing.left:
            line = standing.line
            line.cancelled += standing.left
            line.move_to(line_state(standing))
            line.save(update_fields=["cancelled", "status"])


def took_back(order: Order, pieces: Mapping[int, int]) -> None:
    """Note pieces that came back, by line. The caller holds the lock."""
    for line in order.lines.filter(pk__in=pieces):
        line.returned += pieces[line.pk]
        line.save(update_fields=["returned"])
    derive(order)
