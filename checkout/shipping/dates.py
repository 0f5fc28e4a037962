"""When an order ships and arrives: availability, order cutoff, both calendars, away periods.

Days are Saskatoon's. The shop packs on its working days, the carrier carries on its own.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from microflight.core.business import SASKATOON
from policies.opening.calendars import CARRIER, SHOP, Schedule


@dataclass(frozen=True, slots=True)
class Promise:
    """When something ships and arrives, from the earliest to the latest day.

    `with_year` because a backorder takes long. Without a shipping method it has no arrival.
    """

    ships_from: date
    ships_by: date
    arrives_from: date | None = None
    arrives_by: date | None = None
    with_year: bool = False

    def __str__(self) -> str:
        """Return for example "arrives between Tue 8 and Mon 14 December"."""
        first, last = self.arrives_from, self.arrives_by
        if first is None or last is None:
            day = _format(self.ships_by, self.with_year)
            return gettext("ships by %(day)s") % {"day": day}
        if first == last:
            return gettext("arrives on %(day)s") % {"day": _format(last, self.with_year)}
        values = _range(first, last, self.with_year)
        return gettext("arrives between %(first)s and %(last)s") % values


def promise(
    available_on: date | None,
    days: tuple[int, int] | None,
    *,
    schedule: Schedule,
    now: datetime | None = None,
    while_away: bool = False,
) -> Promise:
    """Return when units ship that are on hand, or expected on `available_on`.

    `days` is the transit time in working days of the carrier, from its minimum to its maximum; None
    without a shipping method. Orders in stock ship within DISPATCH_DAYS working days, counted from
    the next working day after the cutoff. `while_away`: an away period does not delay them.
    """
    if while_away:
        schedule = replace(schedule, away=())
    start = _start(schedule, (now or timezone.now()).astimezone(SASKATOON))
    if available_on and available_on > start:
        start = schedule.add_working_days(available_on, 0, SHOP)
    ships_by = schedule.add_working_days(start, settings.DISPATCH_DAYS, SHOP)
    first, last = arrival(start, ships_by, days, schedule) if days else (None, None)
    return Promise(start, ships_by, first, last, with_year=available_on is not None)


def arrival(
    ships_from: date, ships_by: date, days: tuple[int, int], schedule: Schedule
) -> tuple[date, date]:
    """Return the earliest and the latest day of arrival."""
    first = schedule.add_working_days(ships_from, days[0], CARRIER)
    return first, schedule.add_working_days(ships_by, days[1], CARRIER)


def _start(schedule: Schedule, local: datetime) -> date:
    """Return the working day as of which an order counts: after the cutoff, the next one."""
    hours = schedule.hours_on(local.date())
    is_late = hours is not None and local.time() >= hours.cutoff
    return schedule.add_working_days(local.date() + timedelta(days=is_late), 0, SHOP)


def _format(day: date, with_year: bool, *, of: date | None = None) -> str:
    """Return a day as “Tue 8 December”, with the year unless it is this year's; without the month
    and year that it shares with the day `of`."""
    if of and (day.year, day.month) == (of.year, of.month):
        return date_format(day, "D j")
    other_year = day.year != timezone.localdate().year
    if of and day.year == of.year:
        return date_format(day, "D j F")
    return date_format(day, "D j F Y" if with_year or other_year else "D j F")


def _range(first: date, last: date, with_year: bool) -> dict[str, str]:
    crosses_year = first.year != last.year
    return {
        "first": _format(first, with_year or crosses_year, of=last),
        "last": _format(last, with_year or crosses_year),
    }
