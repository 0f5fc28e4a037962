"""Counts of several tables with one query."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checkout.tax_reports.models import TaxThreshold
from microflight.core.row_counts import count_with_oldest
from microflight.to_do import _TASKS

pytestmark = pytest.mark.django_db


def test_rows_of_two_tables_are_counted_with_one_query(django_user_model) -> None:
    for number in range(3):
        user = django_user_model.objects.create_user(email=f"pilot{number}@example.com")
        user.date_joined = datetime(2026, 5, 2 + number, 6, tzinfo=UTC)
        user.save()
    Group.objects.create(name="hangar crew")
    TaxThreshold.objects.create(
        country="NO", amount=1, source="Law", source_date=date(2026, 1, 1),
        check_again_on=date(2026, 5, 1),
    )  # fmt: skip
    users = django_user_model.objects.filter(email__startswith="pilot").order_by("-pk")

    with CaptureQueriesContext(connection) as asked:
        counts = count_with_oldest(
            {
                "groups": (Group.objects.filter(name="hangar crew"), ""),
                "pilots": (users, "date_joined"),
                "first": (users.filter(email="pilot0@example.com"), ""),
                "none": (users.filter(pk=0), "date_joined"),
                "facts": (TaxThreshold.objects.filter(country="NO"), "check_again_on"),
            }
        )

    first = users.last().pk
    assert counts == {
        "groups": (1, None, Group.objects.get(name="hangar crew").pk),
        "pilots": (3, datetime(2026, 5, 2, 6, tzinfo=UTC), first),
        "first": (1, None, first),
        "none": (0, None, None),
        "facts": (
            1, datetime(2026, 5, 1, tzinfo=UTC), TaxThreshold.objects.get(country="NO").pk
        ),
    }  # fmt: skip
    assert len(asked) == 1


def test_no_querysets_take_no_query() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert count_with_oldest({}) == {}
    assert len(asked) == 0


def test_no_task_groups_its_rows() -> None:
    """An annotation of a queryset would split its count into groups."""
    for _permission, label, rows, *_rest in _TASKS:
        assert not rows().query.annotations, label
