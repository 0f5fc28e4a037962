"""The progress of each order line, and the states that follow from it.

A line stores how many units were ordered, cancelled and returned; its shipments, how many were
shipped. `update_states` derives the state of each line and of the order from these numbers.
Nothing else changes the state of a placed order.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext

from checkout.order.models import Line, Order, ShippingEventQuantity
from checkout.order.states import LineState, OrderState


@dataclass(frozen=True, slots=True)
class LineProgress:
    """How many units of a line are shipped, ready to ship, or on backorder."""

    line: Line
    shipped: int
    ready: int  # remaining units that are on hand and not needed for an older order

    @property
    def remaining(self) -> int:
        """Units that are neither shipped nor cancelled."""
        return self.line.quantity - self.line.cancelled - self.shipped

    @property
    def backordered(self) -> int:
        """Remaining units that are not on hand."""
        return self.remaining - self.ready

    @property
    def expected_on(self) -> date | None:
        """The day that backordered units are expected; None if unknown or in the past."""
        record = self.line.stockrecord
        if record is None or record.expected_on is None or not self.backordered:
            return None
        return record.expected_on if record.expected_on >= localdate() else None


def line_progress(
    order: Order, lines: Iterable[Line] | None = None, *, with_stock: bool = True
) -> list[LineProgress]:
    """Return the progress of each line, in three queries, or two without stock.

    Without stock, and for lines whose stock is not tracked, all remaining units count as ready.
    """
    if lines is None:
        lines = order.lines.select_related("stockrecord", "kit").order_by("pk")
    return _progress(list(lines), shipped_quantities([order]), with_stock=with_stock)


def progress_of_orders(orders: Collection[Order]) -> list[LineProgress]:
    """Return the progress of each line of several orders, by order and line, in three queries."""
    lines = Line.objects.filter(order__in=orders).select_related(
        "stockrecord", "kit", "product__facts", "product__parent__facts"
    )
    lines = lines.prefetch_related("attributes__option").order_by("order_id", "pk")
    return _progress(list(lines), shipped_quantities(orders))


def _progress(
    lines: list[Line], shipped: Mapping[int, int], *, with_stock: bool = True
) -> list[LineProgress]:
    ready = _ready(lines) if with_stock and any(_is_tracked(line) for line in lines) else {}
    rows = []
    for line in lines:
        sent = shipped.get(line.pk, 0)
        remaining = line.quantity - line.cancelled - sent
        rows.append(LineProgress(line, sent, min(remaining, ready.get(line.pk, remaining))))
    return rows


def _is_tracked(line: Line) -> bool:
    return bool(line.num_allocated and line.stockrecord_id)


def shipped_quantities(orders: Collection[Order]) -> dict[int, int]:
    """Return how many units of each line of some orders were shipped."""
    totals: dict[int, int] = {}
    rows = ShippingEventQuantity.objects.filter(event__order__in=orders)
    for line, quantity in rows.values_list("line_id", "quantity"):
        totals[line] = totals.get(line, 0) + quantity
    return totals


def _ready(lines: Iterable[Line]) -> dict[int, int]:
    """Return how many units on hand each line can have once older orders have theirs."""
    records = {line.stockrecord_id for line in lines if _is_tracked(line)}
    queue = Line.objects.allocation_queue().filter(stockrecord__in=records)
    ours = {line.pk for line in lines}
    return {
        pk: max(0, min(allocated, on_hand - (cumulative - allocated)))
        for pk, allocated, on_hand, cumulative in queue.values_list(
            "pk", "num_allocated", "on_hand", "cumulative"
        )
        if pk in ours
    }


def describe(progress: LineProgress) -> str:
    """Return the note below a line on the customer's pages; usually empty.

    For example "1 shipped, 2 on backorder, expected on December 3, 2026".
    """
    line, parts = progress.line, []
    if progress.shipped and progress.remaining:
        parts.append(gettext("%(quantity)d shipped") % {"quantity": progress.shipped})
    for quantity, whole_line, some_units in (
        (line.cancelled, gettext("cancelled"), gettext("%(quantity)d cancelled")),
        (line.returned, gettext("returned"), gettext("%(quantity)d returned")),
        (progress.backordered, gettext("on backorder"), gettext("%(quantity)d on backorder")),
    ):
        if quantity:
            is_whole = quantity == line.quantity
            parts.append(whole_line if is_whole else some_units % {"quantity": quantity})
    if progress.expected_on:
        day = date_format(progress.expected_on, "F j, Y")
        parts.append(gettext("expected on %(day)s") % {"day": day})
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


# --- States --------------------------------------------------------------------------------------


def update_states(order: Order) -> None:
    """Move lines and order to the states that their quantities imply. The caller has the lock."""
    rows = line_progress(order, with_stock=False)
    for progress in rows:
        line = progress.line
        if line.status != line_state(progress):
            line.move_to(line_state(progress))
            line.save(update_fields=["status"])
    state = order_state(rows)
    if order.status not in (state, OrderState.CANCELLED):  # even a cancelled one may have returns
        order.move_to(state)


def line_state(progress: LineProgress) -> LineState:
    """Return the state of a line, derived from its quantities."""
    line, shipped = progress.line, progress.shipped
    if progress.remaining:
        return LineState.PART_SHIPPED if shipped else LineState.ORDERED
    if not shipped:
        return LineState.CANCELLED
    if not line.returned:
        return LineState.SHIPPED
    return LineState.RETURNED if line.returned == shipped else LineState.PART_RETURNED


def order_state(rows: Iterable[LineProgress]) -> OrderState:
    """Return the state of a placed order, derived from its lines."""
    shipped = remaining = 0
    for progress in rows:
        shipped, remaining = shipped + progress.shipped, remaining + progress.remaining
    if remaining:
        return OrderState.PART_SHIPPED if shipped else OrderState.PLACED
    return OrderState.SHIPPED if shipped else OrderState.CANCELLED


def cancel_remaining(order: Order) -> None:
    """Mark all remaining units as cancelled. The caller has the lock, moves the order, and
    releases stock and payment."""
    for progress in line_progress(order, with_stock=False):
        if progress.remaining:
            line = progress.line
            line.cancelled += progress.remaining
            line.move_to(line_state(progress))
            line.save(update_fields=["cancelled", "status"])


def record_returned(order: Order, quantities: Mapping[int, int]) -> None:
    """Record returned units: {line: quantity}. The caller has the lock."""
    for line in order.lines.filter(pk__in=quantities):
        line.returned += quantities[line.pk]
        line.save(update_fields=["returned"])
    update_states(order)
