"""Opening hours, working days and away periods, in Saskatoon: UTC-6 all year."""

from datetime import UTC, date, datetime

import pytest

from policies.opening import calendars, holiday_import
from policies.opening.calendars import CARRIER, SHOP
from policies.opening.models import AwayPeriod, NonWorkingDay, OpeningHours

pytestmark = pytest.mark.django_db


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def year_2026(time_machine) -> None:
    time_machine.move_to("2026-01-05 12:00:00Z", tick=False)
    holiday_import.fill()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-05-04 14:59:59", False),  # Monday 8:59:59
        ("2026-05-04 15:00:00", True),  # Monday 9:00
        ("2026-05-04 22:59:59", True),  # Monday 16:59:59
        ("2026-05-04 23:00:00", False),  # Monday 17:00
        ("2026-05-08 22:30:00", True),  # Friday 16:30
        ("2026-05-09 16:00:00", False),  # Saturday 10:00
        ("2026-05-10 16:00:00", False),  # Sunday 10:00
        ("2026-01-05 15:00:00", True),  # a winter Monday 9:00: no daylight saving time
        ("2026-07-06 15:00:00", True),  # a summer Monday 9:00
        ("2026-05-05 00:30:00", False),  # Tuesday by Greenwich, Monday 18:30 in Saskatoon
        ("2026-05-18 16:00:00", False),  # Victoria Day, a Monday
        ("2026-02-16 16:00:00", False),  # Family Day, a Monday
        ("2026-04-06 16:00:00", True),  # Easter Monday: a holiday of the carrier only
    ],
)
def test_opening_hours(year_2026: None, moment: str, expected: bool) -> None:
    assert calendars.load().is_open_at(utc(moment)) is expected


def test_shop_without_rows_is_open_on_weekdays() -> None:
    schedule = calendars.load()
    assert schedule.is_open_at(utc("2026-05-04 15:00:00"))
    assert not schedule.is_open_at(utc("2026-05-09 16:00:00"))


@pytest.mark.parametrize(
    ("moment", "change"),
    [
        ("2026-05-04 14:00:00", "2026-05-04 15:00:00"),  # before opening: today
        ("2026-05-04 15:00:00", "2026-05-04 23:00:00"),  # open: today's closing
        ("2026-05-04 23:00:00", "2026-05-05 15:00:00"),
        ("2026-05-15 23:00:00", "2026-05-19 15:00:00"),  # over a weekend with Victoria Day
    ],
)
def test_next_change(year_2026: None, moment: str, change: str) -> None:
    assert calendars.load().next_change(utc(moment)) == utc(change)


def test_carrier_does_not_work_on_the_12_days_of_its_2026_schedule(year_2026: None) -> None:
    """Canada Post's list for Saskatchewan; Family Day is a working day."""
    days = NonWorkingDay.objects.filter(calendar=CARRIER, day__year=2026)
    weekdays = [f"{row.day:%m-%d}" for row in days if row.day.weekday() < 5]
    assert weekdays == [
        "01-01", "04-03", "04-06", "05-18", "07-01", "08-03",
        "09-07", "09-30", "10-12", "11-11", "12-25", "12-28",
    ]  # fmt: skip


def test_shop_has_the_ten_public_holidays_of_2026(year_2026: None) -> None:
    days = NonWorkingDay.objects.filter(calendar=SHOP, day__year=2026)
    assert [f"{row.day:%m-%d}" for row in days] == [
        "01-01", "02-16", "04-03", "05-18", "07-01", "08-03", "09-07", "10-12", "11-11", "12-25",
    ]  # fmt: skip


def test_calendars_are_filled_three_years_ahead(year_2026: None) -> None:
    for calendar in (SHOP, CARRIER):
        years = {row.day.year for row in NonWorkingDay.objects.filter(calendar=calendar)}
        assert years == {2026, 2027, 2028, 2029}


# Mutation: with update_or_create, the job switched the row on again and renamed it.
def test_excluded_rows_stay_excluded(year_2026: None, time_machine) -> None:
    christmas = NonWorkingDay.objects.filter(calendar=SHOP, day=date(2027, 12, 27))
    assert christmas.update(excluded=True, name="We work on Monday") == 1
    OpeningHours.objects.filter(weekday=5).update(opens="10:00", closes="14:00", cutoff="11:00")
    assert holiday_import.fill() == 0
    time_machine.move_to("2027-01-05 12:00:00Z", tick=False)
    assert holiday_import.fill() > 0
    row = christmas.get()
    assert (row.excluded, row.name) == (True, "We work on Monday")
    assert calendars.load().is_working_day(date(2027, 12, 27), SHOP)
    assert calendars.load().is_open_at(utc("2027-01-09 16:00:00"))  # Saturday 10:00


@pytest.mark.parametrize(
    ("day", "number", "calendar", "expected"),
    [
        ("2026-12-21", 0, SHOP, "2026-12-21"),
        ("2026-12-21", 2, SHOP, "2026-12-23"),
        ("2026-12-24", 1, SHOP, "2026-12-28"),  # Christmas Day, weekend
        ("2026-12-24", 1, CARRIER, "2026-12-29"),  # and Boxing Day on Monday
        ("2026-12-26", 0, CARRIER, "2026-12-29"),
        ("2026-12-26", 1, CARRIER, "2026-12-30"),
        ("2026-12-31", 1, CARRIER, "2027-01-04"),
        ("2026-02-13", 1, SHOP, "2026-02-17"),  # Family Day
        ("2026-02-13", 1, CARRIER, "2026-02-16"),
    ],
)
def test_working_days(year_2026: None, day: str, number: int, calendar: str, expected: str) -> None:
    found = calendars.add_working_days(date.fromisoformat(day), number, calendar)
    assert found == date.fromisoformat(expected)


def test_shop_that_never_opens_ends_the_search(year_2026: None) -> None:
    OpeningHours.objects.update(opens=None, closes=None, cutoff=None)
    assert calendars.load().reopening_day(date(2026, 1, 5)) == date(2029, 1, 7)


@pytest.fixture
def away(year_2026: None) -> AwayPeriod:
    return AwayPeriod.objects.create(
        starts_on=date(2026, 2, 2), reopens_on=date(2026, 5, 1), text="Closed for winter."
    )


def test_away_period_closes_the_shop_from_midnight_to_midnight(away: AwayPeriod) -> None:
    assert calendars.current_away_period(date(2026, 2, 1)) is None
    assert calendars.current_away_period(date(2026, 2, 2)).pk == away.pk
    assert calendars.current_away_period(date(2026, 4, 30)).pk == away.pk
    assert calendars.current_away_period(date(2026, 5, 1)) is None
    assert not calendars.load().is_open_at(utc("2026-02-02 16:00:00"))
    assert not calendars.load().is_open_at(utc("2026-04-30 16:00:00"))
    assert calendars.load().is_open_at(utc("2026-05-01 16:00:00"))
    assert calendars.load().reopening_day(date(2026, 2, 2)) == date(2026, 5, 1)
    assert calendars.add_working_days(date(2026, 1, 30), 1, SHOP) == date(2026, 5, 1)
    assert calendars.add_working_days(date(2026, 1, 30), 1, CARRIER) == date(2026, 2, 2)


def test_inactive_away_period_has_no_effect(away: AwayPeriod) -> None:
    AwayPeriod.objects.update(active=False)
    assert calendars.load().is_open_at(utc("2026-02-02 16:00:00"))


def test_schedule_is_one_query(away: AwayPeriod, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        schedule = calendars.load()
    assert [each.text for each in schedule.away] == ["Closed for winter."]
    assert schedule.names[date(2026, 5, 18)] == "Victoria Day"
