"""The start page: what to do first, charts, permissions and statements."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.mail.models import Message, MessageState
from accounts.users.models import User
from catalog.search_index.models import SearchTerm
from checkout.order.models import Order
from microflight.reports.start_page import CHARTS
from microflight.to_do import Task
from tests.catalog import factories

START = reverse("admin:index")
NOW = datetime(2026, 11, 30, 18, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


def placed(number: str, days: int, **more: Any) -> Order:
    """Return an order placed some days ago."""
    at = NOW - timedelta(days=days)
    values = {"status": "placed", "supply_country": "CA", "supply_province": "SK"} | more
    made = Order.objects.create(
        number=number, total_incl_tax=60, total_excl_tax=50, currency="CAD", date_placed=at,
        **values,
    )  # fmt: skip
    Order.objects.filter(pk=made.pk).update(placed_at=at)
    return made


def with_permissions(client: Client, user: User, *names: str) -> Client:
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def to_do(client: Client) -> list[Task]:
    return client.get(START).context["to_do"]


def test_alarms_come_first_then_the_oldest_and_nothing_to_do_last(staff: Client) -> None:
    placed("100014", 3, on_hold=True)
    placed("100022", 9, on_hold=True)
    email = Message.objects.create(
        email_type="x", subject_id="1", recipient="a@example.com", state=MessageState.FAILED
    )
    Message.objects.filter(pk=email.pk).update(created_at=NOW - timedelta(hours=5))
    product = factories.product("Butterfly", stock=1)
    product.questions.create(
        text="How heavy?", email="b@example.com", asked_at=NOW - timedelta(days=40)
    )
    waiting = [(str(task.label), task.count, task.age) for task in to_do(staff) if task.count]
    assert waiting == [
        ("held orders to release", 2, "1\xa0week"),
        ("failed emails", 1, "5\xa0hours"),
        ("questions to answer", 1, "1\xa0month"),
        ("products low, out of stock or backordered", 1, ""),
    ]
    assert [bool(task.count) for task in to_do(staff)].count(True) == 4
    assert not any(task.count for task in to_do(staff)[4:])


def test_each_task_has_one_button_and_zeros_are_muted(staff: Client) -> None:
    placed("100014", 3, on_hold=True)
    page = staff.get(START).content.decode()
    waiting, muted = re.findall(r'<ul class="to-do(?:-done)?".*?</ul>', page, re.DOTALL)
    assert waiting.count('class="button"') == waiting.count("<li") == 1
    assert ">Review<" in waiting
    assert "oldest: 3\xa0days" in waiting
    assert "class=" not in muted.split(">", 1)[1]
    assert "<strong>0</strong> payment alerts" in muted


def test_charts_show_orders_and_link_to_their_list(staff: Client) -> None:
    placed("100014", 3)
    placed("100022", 4, supply_province="ON")
    placed("100030", 5, supply_province="ON", status="cancelled")
    placed("100048", 45)
    charts = {chart.name: chart for chart in staff.get(START).context["charts"]}
    assert list(charts) == ["sales", "states", "places", "conversion", "top", "failed"]
    assert [(row.label, row.values) for row in charts["states"].rows] == [
        ("Placed", (2,)),
        ("Cancelled", (1,)),
    ]
    assert [(row.label, row.values) for row in charts["places"].rows] == [
        ("CA ON", (2,)),
        ("CA SK", (1,)),
    ]
    for chart in ("states", "places"):
        for row in charts[chart].rows:
            assert len(staff.get(row.url).context["cl"].result_list) == row.values[0]


def test_searches_without_results_are_charted(staff: Client) -> None:
    for term, searches, results in (("lipo", 5, 0), ("servo", 9, 3), ("glue", 7, 0)):
        SearchTerm.objects.create(
            term=term, day=date(2026, 11, 20), searches=searches, results=results
        )
    (chart,) = [each for each in staff.get(START).context["charts"] if each.name == "failed"]
    assert [(row.label, row.values) for row in chart.rows] == [("glue", (7,)), ("lipo", (5,))]


@pytest.mark.parametrize(
    ("permission", "charts"),
    [
        ("view_order", ["sales", "states", "places", "conversion", "top"]),
        ("view_searchterm", ["failed"]),
        ("view_notice", []),
    ],
)
def test_charts_respect_permissions(
    permission: str, charts: list[str], client: Client, alice: User
) -> None:
    answer = with_permissions(client, alice, permission).get(START)
    assert [chart.name for chart in answer.context["charts"]] == charts
    assert ("All reports" in answer.content.decode()) == bool(charts)


@pytest.mark.parametrize("is_cached", [False, True])
def test_start_page_of_the_owner_runs_15_statements(
    is_cached: bool, client: Client, alice: User
) -> None:
    owner, _ = Group.objects.get_or_create(name="Owner")
    owner.permissions.set(Permission.objects.all())
    alice.groups.add(owner)
    with_permissions(client, alice).get(START)
    if not is_cached:
        cache.delete_many([*(f"start-charts:{name}:2026-11-30" for name in CHARTS),
                           "tax-threshold-warnings"])  # fmt: skip
    with CaptureQueriesContext(connection) as run:
        assert client.get(START).status_code == 200
    assert len(run) <= (5 if is_cached else 15)
