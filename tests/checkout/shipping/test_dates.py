"""Dates worked out by hand from the calendars of 2026 and 2027; DISPATCH_DAYS is 2, cutoff noon.

Closed: Dec 25, Jan 1, Family Day (Feb 15, 2027), Good Friday (Mar 26). Only the carrier: Dec 28,
Easter Monday (Mar 29).
"""

from datetime import UTC, date, datetime

import pytest

from checkout.shipping.dates import promise
from policies.opening import calendars, holiday_import
from policies.opening.calendars import Schedule
from policies.opening.models import AwayPeriod, NonWorkingDay

pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule(time_machine) -> Schedule:
    time_machine.move_to("2026-12-01 16:00:00Z", tick=False)  # a Tuesday, 10:00 in Saskatoon
    holiday_import.fill()
    return calendars.load()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Mutation: with the shop's calendar for transit, December 28 counted as a day in transit.
@pytest.mark.parametrize(
    ("now", "available_on", "days", "expected"),
    [
        ("2026-12-01 16:00", None, (3, 7), "arrives between Fri 4 and Mon 14 December"),
        ("2026-12-01 17:59", None, (3, 7), "arrives between Fri 4 and Mon 14 December"),
        ("2026-12-01 18:00", None, (3, 7), "arrives between Mon 7 and Tue 15 December"),  # noon
        ("2026-12-02 05:30", None, (3, 7), "arrives between Mon 7 and Tue 15 December"),
        ("2026-12-05 16:00", None, (1, 2), "arrives between Tue 8 and Fri 11 December"),  # Saturday
        (
            "2026-12-23 16:00", None, (3, 7),
            "arrives between Wed 30 December 2026 and Fri 8 January 2027",
        ),
        (
            "2026-12-01 16:00", "2027-02-13", (3, 7),  # Saturday before Family Day
            "arrives between Fri 19 February and Mon 1 March 2027",
        ),
        (
            "2026-12-01 16:00", "2026-12-14", (3, 7),
            "arrives between Thu 17 and Tue 29 December 2026",
        ),
        (
            "2026-12-01 16:00", "2026-11-20", (3, 7),
            "arrives between Fri 4 and Mon 14 December 2026",
        ),
        ("2026-12-01 16:00", None, None, "ships by Thu 3 December"),
        ("2026-12-01 16:00", "2027-03-24", None, "ships by Mon 29 March 2027"),  # over Good Friday
    ],
)  # fmt: skip
def test_promise(
    schedule: Schedule, now: str, available_on: str | None, days, expected: str
) -> None:
    day = date.fromisoformat(available_on) if available_on else None
    assert str(promise(day, days, schedule=schedule, now=at(now))) == expected


def test_single_day_is_not_a_range(schedule: Schedule, settings) -> None:
    settings.DISPATCH_DAYS = 0
    found = promise(None, (5, 5), schedule=schedule, now=at("2026-12-01 16:00"))
    assert str(found) == "arrives on Tue 8 December"


@pytest.fixture
def away(schedule: Schedule) -> Schedule:
    AwayPeriod.objects.create(
        starts_on=date(2027, 2, 1), reopens_on=date(2027, 5, 1), text="Closed for the winter."
    )
    return calendars.load()


@pytest.mark.parametrize(
    ("now", "available_on", "expected"),
    [
        ("2027-01-28 16:00", None, "arrives between Tue 2 and Wed 12 May 2027"),
        ("2027-01-29 19:00", None, "arrives between Thu 6 and Fri 14 May 2027"),  # after the cutoff
        ("2027-03-01 16:00", None, "arrives between Thu 6 and Fri 14 May 2027"),
        ("2027-01-20 16:00", "2027-02-10", "arrives between Thu 6 and Fri 14 May 2027"),
        ("2027-03-01 16:00", "2027-06-15", "arrives between Fri 18 and Mon 28 June 2027"),
    ],
)
def test_away_period_delays_dispatch(away: Schedule, now: str, available_on, expected: str) -> None:
    day = date.fromisoformat(available_on) if available_on else None
    found = promise(day, (3, 7), schedule=away, now=at(now))
    if now.startswith("2027-01-28"):  # the first half can still leave on Thursday or Friday
        assert (found.ships_from, found.ships_by) == (date(2027, 1, 28), date(2027, 5, 3))
    else:
        assert str(found) == expected


def test_what_ships_while_away_is_not_delayed(away: Schedule) -> None:
    found = promise(None, (3, 7), schedule=away, now=at("2027-03-01 16:00"), while_away=True)
    assert str(found) == "arrives between Thu 4 and Fri 12 March 2027"


def test_excluded_holiday_is_an_ordinary_day(schedule: Schedule) -> None:
    NonWorkingDay.objects.filter(day=date(2026, 12, 28)).update(excluded=True)
    found = promise(None, (3, 7), schedule=calendars.load(), now=at("2026-12-23 16:00"))
    # Wed 23; 24, 28, 29 -- shipped by Mon 28; 29, 30, 31, Jan 4, 5, 6, 7
    assert (found.arrives_from, found.arrives_by) == (date(2026, 12, 29), date(2027, 1, 7))
