"""When each line of a cart ships and arrives: what an order promises."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext

from catalog.away.models import Handling
from catalog.away.rules import handlings, strictest
from catalog.kits.inheritance import needs_of
from checkout.order.early_charge import LateLine, Wanted, in_stock, late_lines
from checkout.shipping.dates import Promise, arrival, promise
from policies.opening import calendars
from policies.opening.calendars import Away, Schedule


@dataclass(frozen=True, slots=True)
class LinePromise:
    """When a line ships; without `dates` if nothing of it is shipped, or if no date is known."""

    dates: Promise | None = None
    on_backorder: bool = False
    handling: Handling = Handling.SHIP
    away: Away | None = None  # the period that it waits for, or that blocks it

    def __str__(self) -> str:
        """Return what pages say below a line that ships late; else an empty string."""
        if self.is_blocked:
            return gettext("Cannot be ordered while we are away")
        if self.is_held and self.dates:
            return gettext("Waits until we reopen, %(arrives)s") % {"arrives": self.dates}
        if not self.on_backorder:
            return ""
        if self.dates is None:
            return gettext("On backorder, no date known yet")
        return gettext("On backorder, %(arrives)s") % {"arrives": self.dates}

    @property
    def is_shipped(self) -> bool:
        return self.dates is not None or self.on_backorder

    @property
    def is_late(self) -> bool:
        """Tell whether it ships later than items in stock."""
        return self.on_backorder or self.is_held

    @property
    def is_held(self) -> bool:
        """Tell whether it is accepted, and waits until the shop reopens."""
        return self.handling == Handling.HOLD

    @property
    def is_blocked(self) -> bool:
        """Tell whether it cannot be ordered while the shop is away."""
        return self.handling == Handling.BLOCK

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns of an order or order line that store it."""
        dates = self.dates
        return {
            "ships_by": dates.ships_by if dates else None,
            "arrives_from": dates.arrives_from if dates else None,
            "arrives_by": dates.arrives_by if dates else None,
        }


@dataclass(frozen=True)
class Promises:
    """The promise of each line of a cart."""

    lines: tuple[LinePromise, ...] = ()
    late: tuple[LateLine, ...] = ()  # ships after a card authorization of today has expired
    held: tuple[str, ...] = ()  # titles of what waits until the shop reopens
    blocked: tuple[str, ...] = ()  # titles of what cannot be ordered
    schedule: Schedule = Schedule()

    @property
    def first(self) -> Promise | None:
        """Return when the first items arrive; None if no date is known."""
        known = [each.dates for each in self.lines if each.dates]
        return min(known, key=lambda dates: dates.ships_from, default=None)

    @property
    def away_from(self) -> date | None:
        """Return the first day of the next away period that lines wait for; None if none do."""
        return min((each.away.starts_on for each in self.lines if each.away), default=None)

    @property
    def reopens_on(self) -> date:
        """Return the first day that the shop is open and no line has to wait any more."""
        periods = [each.away.reopens_on for each in self.lines if each.away]
        return self.schedule.reopening_day(max(periods, default=localdate()))

    @property
    def order_columns(self) -> dict[str, Any]:
        """Return the columns of an order that store its promise. An order that waits for a later
        away period goes on hold when that begins."""
        is_away = self.away_from is not None and self.away_from <= localdate()
        return {**self.whole.columns, "on_hold": is_away and bool(self.held)}

    @property
    def is_mixed(self) -> bool:
        """Tell whether some items can ship now and others only later."""
        return len({each.is_late for each in self.lines if each.is_shipped}) == 2

    @property
    def whole(self) -> LinePromise:
        """Return the promise of the whole order, without dates if one line has none."""
        shipped = [each for each in self.lines if each.is_shipped]
        known = [each.dates for each in shipped if each.dates]
        if not known or len(known) < len(shipped):
            return LinePromise()
        first = [each.arrives_from for each in known if each.arrives_from]
        last = [each.arrives_by for each in known if each.arrives_by]
        return LinePromise(
            Promise(
                min(each.ships_from for each in known),
                max(each.ships_by for each in known),
                min(first, default=None),
                max(last, default=None),
            )
        )

    def first_with(self, method: Any) -> Promise | None:
        """Return when the first items arrive with another shipping method."""
        return _arriving(self.first, method, self.schedule)

    def with_method(self, method: Any) -> "Promises":
        """Return the promises with another shipping method of a carrier. No query."""
        lines = (
            replace(line, dates=_arriving(line.dates, method, self.schedule)) for line in self.lines
        )
        return replace(self, lines=tuple(lines))


def _arriving(dates: Promise | None, method: Any, schedule: Schedule) -> Promise | None:
    """Return the dates with the arrival by a method; None for pickup."""
    if dates is None or (days := _days(method)) is None:
        return None
    schedule = _carried_by(method, schedule)
    first, last = arrival(dates.ships_from, dates.ships_by, days, schedule)
    return replace(dates, arrives_from=first, arrives_by=last)


def tracked_stock(basket_lines: Iterable[Any]) -> list[Wanted]:
    """Return the stock that lines of a cart need, if it is tracked."""
    return [
        need
        for line in basket_lines
        for need in needs_of(line.product, line.stockrecord, line.quantity)
    ]


def promises_of(
    basket_lines: Iterable[Any],
    method: Any,
    schedule: Schedule | None = None,
    now: datetime | None = None,
) -> Promises:
    """Return the promises for priced lines, with a shipping method or None, if ordered `now`.

    Runs no query, one to read the schedule, and two if an away period delays a line.
    """
    basket_lines, schedule = list(basket_lines), schedule or calendars.load()
    available = in_stock(tracked_stock(basket_lines))
    carried = _carried_by(method, schedule)
    lines = _while_away(
        basket_lines,
        [_promise_of(line, available, method, carried, now) for line in basket_lines],
        method,
        carried,
        now,
    )
    rows = list(zip(basket_lines, lines, strict=True))
    return Promises(
        lines,
        late_lines(tracked_stock(line for line, promised in rows if not promised.is_held)),
        held=tuple(line.product.get_title() for line, promised in rows if promised.is_held),
        blocked=tuple(line.product.get_title() for line, promised in rows if promised.is_blocked),
        schedule=schedule,
    )


def _promise_of(
    line: Any, available: frozenset[int], method: Any, schedule: Schedule, now: datetime | None
) -> LinePromise:
    """Return the promise for a line as if the shop were never away."""
    if not line.product.is_shipping_required:  # nothing has to wait
        return LinePromise()
    needed = [need[0] for need in needs_of(line.product, line.stockrecord, line.quantity)]
    missing = [record.expected_on for record in needed if record.pk not in available]
    day, on_backorder = None, bool(missing)
    if on_backorder:
        known = [each for each in missing if each is not None and each >= localdate()]
        if len(known) < len(missing):
            return LinePromise(None, True)
        day = max(known)
        on_backorder = day >= localdate(now)  # of a later order, it is in stock by then
    expected = day if on_backorder else None
    dates = promise(expected, _days(method), schedule=schedule, now=now, while_away=True)
    return LinePromise(dates, on_backorder)


def _while_away(
    basket_lines: list[Any],
    promises: list[LinePromise],
    method: Any,
    schedule: Schedule,
    now: datetime | None,
) -> tuple[LinePromise, ...]:
    """Return the promises with the away periods: of today, or that begin before a line ships."""
    today = schedule.away_on(localdate(now))
    periods = [today or _delaying(each.dates, schedule) for each in promises]
    delayed = [line.product for line, away in zip(basket_lines, periods, strict=True) if away]
    parts = [each.component for product in delayed for each in product.components]
    handling = handlings([*delayed, *parts]) if delayed else {}

    def promise_while_away(line: Any, promised: LinePromise, away: Away | None) -> LinePromise:
        how = _strictest(line.product, handling) if away else Handling.SHIP
        if how == Handling.BLOCK and today:
            return LinePromise(handling=how, away=today)
        if how == Handling.SHIP or not promised.is_shipped:
            return promised
        dates = promised.dates
        if dates:
            dates = promise(dates.ships_from, _days(method), schedule=schedule, now=now)
        return replace(promised, dates=dates, handling=Handling.HOLD, away=away)

    return tuple(map(promise_while_away, basket_lines, promises, periods))


def _strictest(product: Any, handling: Mapping[int, Handling]) -> Handling:
    """Return how a product is handled; of a kit, as the component with the strictest rule."""
    own = [product.pk, *(each.component_id for each in product.components)]
    return strictest([handling[pk] for pk in own])


def _delaying(dates: Promise | None, schedule: Schedule) -> Away | None:
    return schedule.away_between(dates.ships_from, dates.ships_by) if dates else None


def _carried_by(method: Any, schedule: Schedule) -> Schedule:
    """Return the schedule without the days on which the carrier of a method is suspended."""
    return schedule.without_carrier(method.suspended) if method else schedule


def _days(method: Any) -> tuple[int, int] | None:
    """Return the transit time; None without a method, and for pickup."""
    if method is None or getattr(method, "pickup", False):
        return None
    return method.min_days, method.max_days
