"""Opening hours in Saskatoon, UTC-6 all year."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.template.loader import render_to_string

from microflight.core.business import FACTS, is_open_at


@pytest.mark.parametrize(
    ("utc", "expected"),
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
    ],
)
def test_opening_hours(utc: str, expected: bool) -> None:
    assert is_open_at(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is expected


@pytest.mark.parametrize(
    ("hour", "words"), [(16, "Open now"), (3, "Closed now")], ids=["morning", "night"]
)
def test_footer_shows_whether_shop_is_open(hour: int, words: str) -> None:
    with time_machine.travel(datetime(2026, 5, 4, hour, tzinfo=UTC), tick=False):
        assert words in render_to_string("components/_hours_now.html", {"business": FACTS})


def test_phone_number_is_a_link() -> None:
    assert FACTS.telephone_link == "+13069551836"
