"""Periods of reports: whole days in shop time (America/Regina), compared with the ones before."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

#: Up to so many days, a chart has one step per day; up to so many, one per week; else one per
#: four weeks. Whole steps line up with those of the previous period, which months do not.
_DAYS, _WEEKS = 62, 731


class Period(NamedTuple):
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int) -> "Period":
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def previous(self) -> "Period":
        """Return the period of the same length before this one."""
        return Period.ending(self.first - timedelta(days=1), self.days)

    @property
    def start(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.first, time()))

    @property
    def end(self) -> datetime:
        """Return the first moment after the period."""
        return timezone.make_aware(datetime.combine(self.last + timedelta(days=1), time()))

    @property
    def step(self) -> int:
        """Return the days of one step."""
        return 1 if self.days <= _DAYS else 7 if self.days <= _WEEKS else 28

    @property
    def steps(self) -> list["Period"]:
        """Return the parts of the period; the last one may be shorter."""
        starts = (self.first + timedelta(days=n) for n in range(0, self.days, self.step))
        length = timedelta(days=self.step - 1)
        return [Period(first, min(first + length, self.last)) for first in starts]

    def step_of(self, day: date) -> int:
        """Return the number of the step that a day is in, from 0."""
        return (day - self.first).days // self.step

    def __str__(self) -> str:
        first, last = (date_format(day, "j M Y") for day in self)
        if first == last:
            return first
        return gettext("%(first)s to %(last)s") % {"first": first, "last": last}

    @property
    def label(self) -> str:
        """Return the name of a step: its first day, with the year if it is longer."""
        return date_format(self.first, "j M" if self.days == 1 else "j M Y")

    def within(self, column: str) -> dict[str, datetime]:
        """Return the filter of a column with moments."""
        return {f"{column}__gte": self.start, f"{column}__lt": self.end}

    def query(self, column: str, **more: str) -> str:
        """Return the same filter as the query of a list in the admin."""
        moments = {name: str(timezone.localtime(at)) for name, at in self.within(column).items()}
        return "?" + urlencode(moments | more)
