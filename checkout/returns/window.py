"""The return window: which units of an order can be returned today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from checkout.order.models import Line, Order, ShippingEventQuantity
from checkout.returns.models import ReturnLine


@dataclass(slots=True)
class _Batch:
    """Units of a line that shipped on the same day and are not in a return."""

    quantity: int
    shipped_on: date

    def is_returnable(self, day: date) -> bool:
        return self.shipped_on <= day <= last_day(self.shipped_on)


@dataclass(frozen=True, slots=True)
class ReturnableLine:
    """An order line, and how many of its units can be returned."""

    line: Line
    quantity: int
    last_day: date | None  # of the newest shipment; None if nothing has shipped
    in_returns: int  # units in open or received returns

    @property
    def not_returnable_reason(self) -> str:
        """Return why no unit of this line can be returned, as a sentence for the customer."""
        if self.quantity:
            return ""
        if not self.line.requires_shipping:
            return _("It was not shipped, so there is nothing to send back. Please contact us.")
        if self.last_day is None:
            if self.line.cancelled >= self.line.quantity:
                return _("It was cancelled and not shipped.")
            return _("It has not shipped yet.")
        if self.in_returns:
            return _("It is already in a return.")
        return _("The return period ended on %(date)s.") % {
            "date": date_format(self.last_day, "F j, Y")
        }


def last_day(shipped: date | datetime) -> date:
    """Return the last day, in the shop's time zone, on which a shipped unit can be returned.

    The day of shipment does not count. The policy shows the same `settings.RETURN_WINDOW_DAYS`.
    """
    day = localdate(shipped) if isinstance(shipped, datetime) else shipped
    return day + timedelta(days=settings.RETURN_WINDOW_DAYS)


def returnable(order: Order, today: date | None = None) -> list[ReturnableLine]:
    """Return every line of an order with the quantity that can be returned today.

    3 queries, and 2 for the options of the lines.
    """
    today = today or localdate()
    batches, returns = _shipped_batches(order), _return_lines(order)
    lines = order.lines.select_related("product__parent", "kit").prefetch_related(
        "attributes__option"
    )
    return [
        _returnable_line(line, batches.get(line.pk, []), returns.get(line.pk, []), today)
        for line in lines.order_by("pk")
    ]


def _returnable_line(
    line: Line, batches: list[_Batch], returns: list[ReturnLine], today: date
) -> ReturnableLine:
    for each in returns:
        _deduct(each.held_quantity, batches, localdate(each.parent.requested_at))
    return ReturnableLine(
        line=line,
        quantity=sum(
            batch.quantity
            for batch in batches
            if line.requires_shipping and batch.is_returnable(today)
        ),
        last_day=max((last_day(batch.shipped_on) for batch in batches), default=None),
        in_returns=sum(each.held_quantity for each in returns),
    )


def _deduct(quantity: int, batches: Iterable[_Batch], requested_on: date) -> None:
    """Deduct units in a return from the oldest shipment that was returnable on that day."""
    for batch in sorted(
        batches, key=lambda batch: (not batch.is_returnable(requested_on), batch.shipped_on)
    ):
        taken = min(quantity, batch.quantity)
        batch.quantity -= taken
        quantity -= taken


def _shipped_batches(order: Order) -> dict[int, list[_Batch]]:
    rows = ShippingEventQuantity.objects.filter(event__order=order).select_related("event")
    found: dict[int, list[_Batch]] = {}
    for row in rows.order_by("event__date_created", "pk"):
        batch = _Batch(row.quantity, localdate(row.event.date_created))
        found.setdefault(row.line_id, []).append(batch)
    return found


def _return_lines(order: Order) -> dict[int, list[ReturnLine]]:
    rows = ReturnLine.objects.filter(parent__order=order).select_related("parent")
    found: dict[int, list[ReturnLine]] = {}
    for row in rows.order_by("parent__nth", "pk"):
        found.setdefault(row.line_id, []).append(row)
    return found
