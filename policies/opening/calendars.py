"""Working days and opening hours of the shop and the carrier, and away periods.

All days and times are Saskatoon's. `load` reads everything in one query; the page frame caches it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import Any

from django.db.models import (
    CharField,
    DateField,
    IntegerField,
    QuerySet,
    TimeField,
    Value,
)
from django.db.models.functions import Cast
from django.utils import timezone

from microflight.core.business import SASKATOON
from microflight.core.row_locks import lock_names
from policies.opening.models import AwayPeriod, Calendar, NonWorkingDay, OpeningHours

#: A name to lock: shared by each order, alone by a change of what can be ordered while away.
AWAY_LOCK = "away"
SHOP, CARRIER = Calendar.SHOP, Calendar.CARRIER
#: Days in which a working day must be found: a shop that never opens ends no page.
HORIZON = 3 * 366
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening time, closing time and order cutoff of a weekday."""

    opens: time
    closes: time
    cutoff: time


@dataclass(frozen=True, slots=True)
class Away:
    """An away period: closed from `starts_on`, open again on `reopens_on`."""

    pk: int
    starts_on: date
    reopens_on: date
    text: str
    mailbox: str


#: The hours of a shop without rows: from the facts of the business; the cutoff is assumed.
WEEKDAY_HOURS = Hours(time(9), time(17), time(12))
DEFAULT_WEEK: tuple[Hours | None, ...] = (*[WEEKDAY_HOURS] * 5, None, None)


@dataclass(frozen=True)
class Schedule:
    """The calendars and hours at one time. Days before today are not all included."""

    week: tuple[Hours | None, ...] = DEFAULT_WEEK  # from Monday
    closed: frozenset[tuple[str, date]] = frozenset()  # calendar and day
    away: tuple[Away, ...] = ()
    names: dict[date, str] = field(default_factory=dict)  # of the shop's holidays

    def away_on(self, day: date) -> Away | None:
        """Return the away period that includes a day."""
        return self.away_between(day, day)

    def away_between(self, first: date, last: date) -> Away | None:
        """Return the first away period that includes one of these days."""
        return next(
            (each for each in self.away if each.starts_on <= last and first < each.reopens_on), None
        )

    def hours_on(self, day: date) -> Hours | None:
        """Return the hours of a day, None if the shop is closed."""
        if (SHOP, day) in self.closed or self.away_on(day):
            return None
        return self.week[day.weekday()]

    def is_working_day(self, day: date, calendar: str) -> bool:
        """Return whether the shop is open, or the carrier works (Monday to Friday), on a day."""
        if calendar == SHOP:
            return self.hours_on(day) is not None
        return day.weekday() < 5 and (calendar, day) not in self.closed

    def add_working_days(self, day: date, number: int, calendar: str) -> date:
        """Return the working day `number` working days after `day`, or after the next working day
        if `day` is not one; with 0, that day itself."""
        for _attempt in range(HORIZON):
            if self.is_working_day(day, calendar):
                if number <= 0:
                    return day
                number -= 1
            day += DAY
        return day

    def without_carrier(self, periods: Iterable[tuple[date, date]]) -> "Schedule":
        """Return the schedule with periods, from first to last day, in which no carrier works."""
        days = frozenset(
            (str(CARRIER), first + timedelta(days=number))
            for first, last in periods
            for number in range((last - first).days + 1)
        )
        return replace(self, closed=self.closed | days) if days else self

    def reopening_day(self, day: date) -> date:
        """Return the first day from `day` on that the shop is open."""
        return self.add_working_days(day, 0, SHOP)

    def is_open_at(self, moment: datetime) -> bool:
        """Return whether the shop answers the phone at an aware time."""
        local = moment.astimezone(SASKATOON)
        hours = self.hours_on(local.date())
        return hours is not None and hours.opens <= local.time() < hours.closes

    def next_change(self, moment: datetime) -> datetime:
        """Return when the shop closes, or if it is closed, when it opens."""
        local = moment.astimezone(SASKATOON)
        day, hours = local.date(), self.hours_on(local.date())
        if hours and hours.opens <= local.time() < hours.closes:
            return at(day, hours.closes)
        if hours is None or local.time() >= hours.closes:
            day = self.reopening_day(day + DAY)
        return at(day, (self.hours_on(day) or WEEKDAY_HOURS).opens)

    def valid_until(self, moment: datetime) -> datetime:
        """Return until when whatever a page says about hours and dates stays true: the next
        opening, cutoff, closing, or midnight."""
        local = moment.astimezone(SASKATOON)
        hours, day = self.hours_on(local.date()), local.date()
        times = [hours.opens, hours.cutoff, hours.closes] if hours else []
        later = [at(day, each) for each in times if each > local.time()]
        return min([*later, at(day + DAY, time())])


def at(day: date, clock: time) -> datetime:
    """Return a time of a day in Saskatoon."""
    return datetime.combine(day, clock, SASKATOON)


def load() -> Schedule:
    """Read hours, days and away periods: one query."""
    today = timezone.localdate()
    week: dict[int, Hours | None] = {}
    closed, away, names = set(), [], {}
    for kind, pk, day, until, opens, closes, cutoff, text, mailbox in _rows(today):
        if kind == "hours":
            week[pk] = Hours(opens, closes, cutoff) if opens else None
        elif kind == "away":
            away.append(Away(pk, day, until, text, mailbox))
        else:
            closed.add((kind, day))
            if kind == SHOP:
                names[day] = text
    days = tuple(week.get(number) for number in range(7)) if week else DEFAULT_WEEK
    return Schedule(days, frozenset(closed), tuple(sorted(away, key=_start)), names)


def share_away_lock() -> None:
    """Let staff who change what can be ordered while the shop is away wait for this transaction."""
    lock_names(AWAY_LOCK, shared=True)


def _start(away: Away) -> date:
    return away.starts_on


def _rows(today: date) -> QuerySet[Any]:
    no_day, no_time = Cast(Value(None), DateField()), Cast(Value(None), TimeField())
    no_text = Value("", CharField())
    hours = OpeningHours.objects.order_by().values_list(
        Value("hours", CharField()), Cast("weekday", IntegerField()), no_day, no_day,
        "opens", "closes", "cutoff", no_text, no_text,
    )  # fmt: skip
    days = (
        NonWorkingDay.objects.filter(excluded=False, day__gte=today - timedelta(days=31))
        .order_by()
        .values_list(
            "calendar", Cast(Value(0), IntegerField()), "day", no_day, no_time, no_time, no_time,
            "name", no_text,
        )
    )  # fmt: skip
    away = (
        AwayPeriod.objects.filter(active=True, reopens_on__gte=today)
        .order_by()
        .values_list(
            Value("away", CharField()), Cast("pk", IntegerField()), "starts_on", "reopens_on",
            no_time, no_time, no_time, "text", "mailbox",
        )
    )  # fmt: skip
    return reduce(lambda one, other: one.union(other, all=True), (hours, days, away))


def add_working_days(day: date, number: int, calendar: str) -> date:
    """Return the working day `number` working days after `day`; see `Schedule`. One query."""
    return load().add_working_days(day, number, calendar)


def current_away_period(day: date | None = None) -> Away | None:
    """Return the away period that includes a day, by default today. One query."""
    return load().away_on(day or timezone.localdate())
