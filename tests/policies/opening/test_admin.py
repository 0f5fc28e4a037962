"""Staff edit hours, holidays and away periods; bad input saves nothing."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from policies.opening.models import AwayPeriod, NonWorkingDay, OpeningHours
from tests.admin_forms import open_form

pytestmark = pytest.mark.django_db


def add_away(staff: Client, **changes: Any) -> str:
    data = {
        "starts_on": "2027-02-01", "reopens_on": "2027-05-03", "text": "Closed for winter.",
        "mailbox": "service@plantraco.com", "active": "on", **changes,
    }  # fmt: skip
    return staff.post(reverse("admin:opening_awayperiod_add"), data, follow=True).content.decode()


def test_away_period_is_added(staff: Client) -> None:
    add_away(staff)
    period = AwayPeriod.objects.get()
    assert (period.starts_on, period.reopens_on) == (date(2027, 2, 1), date(2027, 5, 3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reopens_on": ""}, "Enter the day the shop reopens. If you don’t know it yet"),
        ({"reopens_on": "2027-02-01"}, "The shop must reopen after the first day away."),
        ({"starts_on": "31 February"}, "Enter a valid date."),
    ],
)
def test_bad_away_period_is_rejected(staff: Client, changes: Any, message: str) -> None:
    assert message in add_away(staff, **changes)
    assert not AwayPeriod.objects.exists()


# Mutation: without `reopens_on__gt`, a period could start in the middle of another.
@pytest.mark.parametrize(
    ("first", "reopens"),
    [("2027-05-02", "2027-06-01"), ("2027-01-01", "2027-02-02"), ("2027-03-01", "2027-03-02")],
)
def test_overlapping_away_period_is_rejected(staff: Client, first: str, reopens: str) -> None:
    add_away(staff)
    page = add_away(staff, starts_on=first, reopens_on=reopens)
    assert (
        "The shop is already away from February 1, 2027 until it reopens on May 3, 2027. "
        "Change that period, or enter other days." in page
    )
    assert AwayPeriod.objects.count() == 1


def test_adjacent_and_inactive_periods_are_accepted(staff: Client) -> None:
    add_away(staff)
    add_away(staff, starts_on="2027-05-03", reopens_on="2027-06-01")
    add_away(staff, starts_on="2027-03-01", reopens_on="2027-03-02", active="")
    assert AwayPeriod.objects.count() == 3


def test_opening_hours_need_all_three_times_or_none(staff: Client) -> None:
    row = OpeningHours.objects.create(weekday=5)
    url = reverse("admin:opening_openinghours_change", args=[row.pk])
    shown = open_form(staff, url)
    page = staff.post(url, {**shown, "opens": "10:00"}).content.decode()
    assert "Enter all three times, with the cutoff between opening and closing" in page
    with pytest.raises(IntegrityError), transaction.atomic():
        OpeningHours.objects.update(opens="10:00")
    times = {"opens": "10:00", "closes": "14:00", "cutoff": "12:00"}
    assert staff.post(url, {**shown, **times}).status_code == 302
    row.refresh_from_db()
    assert (row.opens.hour, row.closes.hour, row.cutoff.hour) == (10, 14, 12)


def test_holiday_is_excluded_but_never_deleted(staff: Client) -> None:
    row = NonWorkingDay.objects.create(calendar="shop", day=date(2027, 12, 27), name="Christmas")
    url = reverse("admin:opening_nonworkingday_change", args=[row.pk])
    assert staff.post(url, {**open_form(staff, url), "excluded": "on"}).status_code == 302
    row.refresh_from_db()
    assert row.excluded
    delete = reverse("admin:opening_nonworkingday_delete", args=[row.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403


def test_away_period_is_previewed_as_if_it_began_today(staff: Client) -> None:
    AwayPeriod.objects.create(
        starts_on=date(2020, 1, 1), reopens_on=date(2199, 1, 1), text="Moved away."
    )
    page = add_away(staff, active="", _preview="1")
    assert "Closed for winter. We reopen on Monday, May 3, 2027." in page
    assert "Moved away." not in page
    assert AwayPeriod.objects.get().text == "Moved away."
    assert AwayPeriod.objects.get().active


def test_away_period_is_restored_unless_it_overlaps(staff: Client) -> None:
    add_away(staff)
    period = AwayPeriod.objects.get()
    first = AwayPeriod.history.get()
    period.starts_on = date(2027, 4, 1)
    period.save()
    history = reverse("admin:opening_awayperiod_history", args=[period.pk])
    restore = f"{history}?restore=opening.historicalawayperiod:{first.pk}"
    other = AwayPeriod.objects.create(
        starts_on=date(2027, 3, 1), reopens_on=date(2027, 3, 2), text="Fair."
    )
    assert "already away" in staff.post(restore).content.decode()
    period.refresh_from_db()
    assert period.starts_on == date(2027, 4, 1)
    other.delete()
    staff.post(restore)
    period.refresh_from_db()
    assert period.starts_on == date(2027, 2, 1)
