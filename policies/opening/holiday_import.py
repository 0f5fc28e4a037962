"""The public holidays of the next three years, as rows that staff can exclude."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone

from policies.opening.calendars import DEFAULT_WEEK
from policies.opening.models import Calendar, NonWorkingDay, OpeningHours

YEARS_AHEAD = 3


def fill() -> int:
    """Add the holidays from this year to three years ahead, and missing weekdays.

    Rows that exist stay as they are: excluded ones stay excluded. Returns how many days were added.
    """
    _fill_week()
    year = timezone.localdate().year
    before = NonWorkingDay.objects.count()
    rows = [*_shop_days(year), *_carrier_days(year)]
    NonWorkingDay.objects.bulk_create(rows, ignore_conflicts=True)
    return NonWorkingDay.objects.count() - before


def _fill_week() -> None:
    for weekday, hours in enumerate(DEFAULT_WEEK):
        times = (hours.opens, hours.closes, hours.cutoff) if hours else (None, None, None)
        defaults = dict(zip(("opens", "closes", "cutoff"), times, strict=True))
        OpeningHours.objects.get_or_create(weekday=weekday, defaults=defaults)


def _shop_days(year: int) -> Iterator[NonWorkingDay]:
    """Yield the ten public holidays of Saskatchewan, and the weekdays that replace them."""
    for day, name, source in _holidays(year, "SK", "public"):
        yield NonWorkingDay(calendar=Calendar.SHOP, day=day, name=name, source=source)


def _carrier_days(year: int) -> Iterator[NonWorkingDay]:
    """Yield the days without mail in Saskatchewan: the federal government's, Easter Monday, and
    the province's civic holiday, but not Family Day (Canada Post, holiday schedule 2026)."""
    federal = list(_holidays(year, None, "government"))
    easter = [
        (day + timedelta(days=3), "Easter Monday", source)
        for day, name, source in federal
        if name == "Good Friday"
    ]
    civic = [row for row in _holidays(year, "SK", "public") if row[1] == "Saskatchewan Day"]
    for day, name, source in [*federal, *easter, *civic]:
        yield NonWorkingDay(calendar=Calendar.CARRIER, day=day, name=name, source=source)


def _holidays(year: int, province: str | None, category: str) -> Iterator[tuple[date, str, str]]:
    """Yield day, name and source."""
    import holidays  # takes 0.6 seconds: only where the job runs

    found = holidays.country_holidays(
        "CA",
        subdiv=province,
        years=range(year, year + YEARS_AHEAD + 1),
        categories=(category,),
        language="en_CA",
    )
    source = f"holidays {holidays.__version__}: CA {province or category}"
    for day, name in sorted(found.items()):
        yield day, name, source
