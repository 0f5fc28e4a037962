"""What pages say about hours and away periods, cached or not, at each moment and process."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from microflight.core import page_cache
from policies.models import Notice
from policies.opening import calendars, wording
from policies.opening.models import AwayPeriod, OpeningHours
from tests.admin_forms import open_form

pytestmark = pytest.mark.django_db
Process = Callable[[str], str]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> tuple[Process, Process]:
    """Two web processes: each has its own caches, and both share Redis."""

    def process() -> Process:
        local: dict[str, Any] = {}
        values: dict[str, Any] = {}

        def get(path: str) -> str:
            monkeypatch.setattr(page_cache, "_local", local)
            monkeypatch.setattr(page_cache, "_process_cache", values)
            return re.sub(r"\s+", " ", Client().get(path).content.decode())

        return get

    return process(), process()


# Mutation: without `expire_at` the second process served “Closed now” for another minute.
def test_cached_pages_say_open_from_the_first_second(processes, time_machine) -> None:
    one, two = processes
    time_machine.move_to("2026-05-04 14:59:58Z", tick=False)  # Monday 8:59:58
    for get in (one, two):
        assert "<strong>Closed now</strong>" in get("/contact/")
    time_machine.shift(2)
    for get in (one, two):
        assert "<strong>Open now</strong>" in get("/contact/")
    time_machine.move_to("2026-05-04 22:59:59Z", tick=False)
    assert "Open now" in one("/contact/")
    time_machine.shift(1)
    for get in (two, one):
        assert "Closed now" in get("/contact/")


def test_page_expires_at_the_next_cutoff_and_not_before(processes, time_machine) -> None:
    time_machine.move_to("2026-05-04 17:59:50Z", tick=False)  # Monday 11:59:50
    processes[0]("/contact/")
    (entry,) = page_cache._local.values()
    assert (
        entry.expires == calendars.at(date(2026, 5, 4), calendars.WEEKDAY_HOURS.cutoff).timestamp()
    )
    time_machine.shift(5)
    assert page_cache._is_young(entry)


def test_hours_are_shown_with_the_next_opening(processes, time_machine) -> None:
    time_machine.move_to("2026-05-08 23:30:00Z", tick=False)  # Friday 17:30
    page = processes[0]("/contact/")
    assert "Monday to Friday, 9:00 to 17:00 Saskatchewan time" in page
    assert page.count("opens Mon, May 11, 9:00 Saskatchewan time") == 3  # header, page, footer
    assert '<time datetime="2026-05-11T15:00Z" data-visitor-time="your time">' in page
    policy = processes[0](reverse("policies:index"))
    assert policy.count("opens Mon, May 11, 9:00 Saskatchewan time") == 2


def test_hours_of_different_days_are_listed(db: None) -> None:
    for day in range(7):
        times = {"opens": "9:30", "closes": "17:00", "cutoff": "12:00"} if day < 6 else {}
        OpeningHours.objects.create(weekday=day, **times)
    OpeningHours.objects.filter(weekday=5).update(opens="10:00", closes="14:00")
    assert wording.hours(calendars.load()) == (
        "Monday to Friday, 9:30 to 17:00; Saturday, 10:00 to 14:00 Saskatchewan time"
    )


# Mutation: with `is_active` evaluated when the notices were read, a minute late.
def test_notice_appears_and_disappears_on_time(processes, time_machine) -> None:
    time_machine.move_to("2026-05-04 17:00:00Z", tick=False)
    Notice.objects.create(
        text="Sale today.", starts_at="2026-05-04 17:00:10Z", ends_at="2026-05-04 17:00:20Z"
    )
    for seconds, shown in ((0, False), (10, True), (9, True), (1, False)):
        time_machine.shift(seconds)
        for get in processes:
            assert ("Sale today." in get("/contact/")) is shown


@pytest.fixture
def away(time_machine) -> AwayPeriod:
    time_machine.move_to("2027-01-05 18:00:00Z", tick=False)
    return AwayPeriod.objects.create(
        starts_on=date(2027, 2, 1),
        reopens_on=date(2027, 5, 1),  # a Saturday
        text="Closed for the winter.",
        mailbox="service@plantraco.com",
    )


BANNER = (
    "Closed for the winter. We reopen on Monday, May 3, 2027. "
    "We answer email to service@plantraco.com meanwhile."
)


def test_away_banner_appears_and_disappears_at_midnight(away, processes, time_machine) -> None:
    times = [
        ("2027-02-01 05:59:59Z", False),  # 23:59:59 in Saskatoon
        ("2027-02-01 06:00:00Z", True),
        ("2027-05-01 05:59:59Z", True),
        ("2027-05-01 06:00:00Z", False),
    ]
    for moment, shown in times:
        time_machine.move_to(moment, tick=False)
        for get in processes:
            for path in ("/", "/contact/", reverse("policies:index")):
                assert (BANNER in get(path)) is shown, (moment, path)


def test_away_banner_is_the_first_thing_on_the_page(away, processes, time_machine) -> None:
    Notice.objects.create(text="Sale today.", starts_at="2027-01-05 18:00Z")
    time_machine.move_to("2027-02-01 06:00:00Z", tick=False)
    page = processes[0]("/")
    assert page.index(BANNER) < page.index("Sale today.") < page.index("<header")
    assert "opens Mon, May 3, 9:00 Saskatchewan time" in page


def test_switched_on_period_is_on_cached_pages_of_all_processes(
    away, processes, time_machine, staff, django_capture_on_commit_callbacks
) -> None:
    AwayPeriod.objects.update(active=False)
    time_machine.move_to("2027-02-01 18:00:00Z", tick=False)
    for get in processes:
        assert BANNER not in get("/")
    url = reverse("admin:opening_awayperiod_change", args=[away.pk])
    data = {**open_form(staff, url), "active": "on"}
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(url, data).status_code == 302
    for get in processes:
        assert BANNER in get("/")
