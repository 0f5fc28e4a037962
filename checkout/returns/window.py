"""Which pieces of an order may still be sent back: shipped, not too long ago, not returned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.timezone import localdate

from checkout.order.models import Line, Order, ShippingEventQuantity
from checkout.returns.models import ReturnLine


@dataclass(slots=True)
class _Batch:
    """Pieces of a line that left together and were not returned."""

    pieces: int
    sent_on: date

    def is_open(self, day: date) -> bool:
        return self.sent_on <= day <= last_day(self.sent_on)


@dataclass(frozen=True, slots=True)
class Returnable:
    """A line as it stands: how many pieces of it may be sent back, and why no more."""

    line: Line
    pieces: int
    until: date | None  # the last day for the newest of its pieces
    on_their_way: int  # pieces in returns, sent back or still to be

    @property
    def why_none(self) -> str:
        """Return why nothing of this line can be returned, as a sentence."""
        if self.pieces:
            return ""
        if self.until is None:
            gone = self.line.cancelled >= self.line.quantity
            return "It was cancelled, and not sent." if gone else "It has not been sent yet."
        if self.on_their_way:
            return "A return of it is on its way, or it has come back."
        return f"It could be returned until {self.until:%B} {self.until.day}, {self.until.year}."


def last_day(sent: date | datetime) -> date:
    """Return the last shop day on which a piece may be returned that left then.

    The day on which the parcel left does not count. One source for the number of days:
    settings.RETURN_WINDOW_DAYS, which the returns policy is published with.
    """
    day = localdate(sent) if isinstance(sent, datetime) else sent
    return day + timedelta(days=settings.RETURN_WINDOW_DAYS)


def returnable(order: Order, today: date | None = None) -> list[Returnable]:
    """Return every line of an order with what may be returned of it today. Three queries."""
    today = today or localdate()
    batches, back = _batches(order), _returns(order)
    return [
        _standing(line, batches.get(line.pk, []), back.get(line.pk, []), today)
        for line in order.lines.select_related("product__parent").order_by("pk")
    ]


def _standing(line: Line, batches: list[_Batch], back: list[ReturnLine], today: date) -> Returnable:
    for each in back:
        _take(each.held_pieces, batches, localdate(each.parent.asked_at))
    return Returnable(
        line=line,
        pieces=sum(batch.pieces for batch in batches if batch.is_open(today)),
        until=max((last_day(batch.sent_on) for batch in batches), default=None),
        on_their_way=sum(each.held_pieces for each in back),
    )


def _take(pieces: int, batches: Iterable[_Batch], asked_on: date) -> None:
    """Strike pieces of a return out: of the oldest parcel that was within its time when the
    return was asked for, so that each parcel's own time is kept."""
    for batch in sorted(batches, key=lambda each: (not each.is_open(asked_on), each.sent_on)):
        taken = min(pieces, batch.pieces)
        batch.pieces -= taken
        pieces -= taken


def _batches(order: Order) -> dict[int, list[_Batch]]:
    rows = ShippingEventQuantity.objects.filter(event__order=order).select_related("event")
    found: dict[int, list[_Batch]] = {}
    for row in rows.order_by("event__date_created", "pk"):
        batch = _Batch(row.quantity, localdate(row.event.date_created))
        found.setdefault(row.line_id, []).append(batch)
    return found


def _returns(order: Order) -> dict[int, list[ReturnLine]]:
    rows = ReturnLine.objects.filter(parent__order=order).select_related("parent")
    found: dict[int, list[ReturnLine]] = {}
    for row in rows.order_by("parent__nth", "pk"):
        found.setdefault(row.line_id, []).append(row)
    return found
