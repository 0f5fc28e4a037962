"""Counts of several tables with one query."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from microflight.core.row_counts import count_rows
from microflight.to_do import _TASKS

pytestmark = pytest.mark.django_db


def test_rows_of_two_tables_are_counted_with_one_query(django_user_model) -> None:
    for number in range(3):
        django_user_model.objects.create_user(email=f"pilot{number}@example.com")
    Group.objects.create(name="hangar crew")
    users = django_user_model.objects.filter(email__startswith="pilot").order_by("-pk")

    with CaptureQueriesContext(connection) as asked:
        counts = count_rows(
            {
                "pilots": users,
                "groups": Group.objects.filter(name="hangar crew"),
                "first": users.filter(email="pilot0@example.com"),
                "none": users.filter(pk=0),
            }
        )

    assert counts == {"pilots": 3, "groups": 1, "first": 1, "none": 0}
    assert len(asked) == 1


def test_no_querysets_take_no_query() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert count_rows({}) == {}
    assert len(asked) == 0


def test_no_task_groups_its_rows() -> None:
    """An annotation of a queryset would split its count into groups."""
    for _permission, label, rows, *_rest in _TASKS:
        assert not rows().query.annotations, label
