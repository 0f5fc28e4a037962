"""The pages of reports: permissions, periods, CSV files and the replica."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.users.models import User
from catalog.search_index.models import SearchTerm
from microflight.reports.registry import REPORTS
from microflight.reports.replica import REPLICA, read_from_replica

pytestmark = pytest.mark.django_db
ROUTER = override_settings(DATABASE_ROUTERS=["microflight.reports.replica.ReplicaRouter"])
NOVEMBER = {"first": "2026-11-01", "last": "2026-11-30"}


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    with time_machine.travel("2026-12-01T18:00:00+00:00"):
        yield


def url(name: str) -> str:
    return reverse("admin:report", args=[name])


@pytest.fixture
def term() -> SearchTerm:
    return SearchTerm.objects.create(
        term="=cmd|' /C calc'!A0", day=date(2026, 11, 2), searches=1234, results=0
    )


@pytest.mark.parametrize("name", REPORTS)
def test_report_shows_definition_chart_and_csv(name: str, staff: Client) -> None:
    page = staff.get(url(name)).content.decode()
    assert "What is counted" in page
    assert '<figure class="chart">' in page
    with CaptureQueriesContext(connection) as run:
        answer = staff.get(url(name), {"first": "2000-01-01", "last": "2026-11-01", "csv": "1"})
    assert len(run) <= 15
    lines = b"".join(answer).decode().splitlines()
    assert lines[0].count("Previous period: ") == len(REPORTS[name].columns)
    assert lines[-1].startswith("Total,0")


@pytest.mark.parametrize("name", REPORTS)
def test_report_needs_its_permission(name: str, client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(reverse("admin:reports")).status_code == 403
    assert client.get(url(name)).status_code == 403
    app, codename = REPORTS[name].permission.split(".")
    permission = Permission.objects.get(content_type__app_label=app, codename=codename)
    alice.user_permissions.add(permission)
    assert client.get(url(name)).status_code == 200
    listed = client.get(reverse("admin:reports")).content.decode()
    shown = {each for each in REPORTS if f'href="{url(each)}"' in listed}
    assert shown == {n for n, r in REPORTS.items() if r.permission == REPORTS[name].permission}


def test_unknown_report_is_404(staff: Client) -> None:
    assert staff.get(url("profits")).status_code == 404


@pytest.mark.parametrize(
    ("days", "error"),
    [
        ({"first": "2026-11-30", "last": "2026-11-01"}, "Enter a day after the first day."),
        ({"first": "2026-11-01", "last": "2999-01-01"}, "Enter today or an earlier day."),
        ({"first": "1999-12-31", "last": "2026-11-01"}, "2000-01-01"),
        ({"first": "\x00" * 10_000, "last": "3,6 g"}, "Enter a valid date."),
        ({"first": "", "last": "2026-11-01"}, "This field is required."),
    ],
)
def test_invalid_period_is_rejected_with_a_message(
    days: dict[str, str], error: str, staff: Client
) -> None:
    for more in ({}, {"csv": "1"}):
        page = staff.get(url("sales"), days | more).content.decode()
        assert error in page
        assert "<figure" not in page


def test_csv_has_exact_numbers_and_no_formula(term: SearchTerm, staff: Client) -> None:
    answer = staff.get(url("searches"), NOVEMBER | {"csv": "1"})
    assert answer["Content-Disposition"] == (
        'attachment; filename="searches-2026-11-01-2026-11-30.csv"'
    )
    assert b"".join(answer).decode("utf-8-sig").splitlines()[1:] == [
        "'=cmd|' /C calc'!A0,1234,1234,100.0,0,0,",
        "Total,1234,1234,100.0,0,0,",
    ]


def test_row_links_to_its_list(term: SearchTerm, staff: Client) -> None:
    page = staff.get(url("searches"), NOVEMBER).content.decode()
    (link,) = set(re.findall(r'href="(/admin/search_index/[^"]*\?q=[^"]+)"', page))
    assert "1234" in staff.get(link.replace("&amp;", "&")).content.decode()


def test_day_links_to_its_orders(staff: Client) -> None:
    page = staff.get(url("sales"), NOVEMBER).content.decode()
    (link,) = set(re.findall(r'href="(/admin/order/order/[^"]+)">20 Nov<', page))
    assert "placed_at__gte=2026-11-20+00%3A00%3A00-06%3A00" in link
    assert staff.get(link.replace("&amp;", "&")).status_code == 200


def test_many_rows_are_left_to_the_csv_file(staff: Client) -> None:
    SearchTerm.objects.bulk_create(
        SearchTerm(term=f"term {n}", day=date(2026, 11, 2), results=0) for n in range(103)
    )
    page = staff.get(url("searches"), NOVEMBER).content.decode()
    assert "3 more rows are in the CSV file." in page
    answer = staff.get(url("searches"), NOVEMBER | {"csv": "1"})
    assert len(b"".join(answer).splitlines()) == 105


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[None]:
    """A second database with the table of search terms, and one row."""
    database = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "replica.sqlite3"),
        "OPTIONS": {},
    }
    settings.DATABASES[REPLICA] = connections.settings[REPLICA] = database
    connections[REPLICA].connect()  # tests may use it, although their class does not name it
    with connections[REPLICA].schema_editor() as editor:
        editor.create_model(SearchTerm)
    SearchTerm.objects.using(REPLICA).create(term="servo", day=date(2026, 11, 2), results=0)
    yield
    connections[REPLICA].close()
    settings.DATABASES.pop(REPLICA)
    connections.settings.pop(REPLICA, None)
    del connections[REPLICA]


@ROUTER
def test_reports_read_from_the_replica_and_write_to_the_database(
    replica: None, term: SearchTerm, staff: Client
) -> None:
    page = staff.get(url("searches"), NOVEMBER).content.decode()
    assert "servo" in page
    assert "calc" not in page

    def write() -> None:
        SearchTerm.objects.record("motor", 3)
        SearchTerm.objects.create(term="glue", day=date(2026, 11, 2), results=0)

    assert read_from_replica(write) == (None, False)
    assert SearchTerm.objects.using(REPLICA).count() == 1
    assert SearchTerm.objects.filter(term__in=("motor", "glue")).count() == 2


@ROUTER
def test_failed_replica_is_replaced_by_the_database_for_a_minute(
    replica: None, term: SearchTerm, staff: Client
) -> None:
    # Mutation: without the fallback, each of these pages answered 500
    with connections[REPLICA].schema_editor() as editor:
        editor.delete_model(SearchTerm)
    page = staff.get(url("searches"), NOVEMBER).content.decode()
    assert "calc" in page
    assert "The read replica does not answer" in page
    assert staff.get(reverse("admin:index")).status_code == 200
    calls: list[int] = []
    assert read_from_replica(lambda: calls.append(1)) == (None, True)
    cache.delete("reports:replica-failed")
    assert read_from_replica(lambda: calls.append(2)) == (None, False)
    assert calls == [1, 2]


@ROUTER
def test_without_a_replica_reports_read_from_the_database(term: SearchTerm, staff: Client) -> None:
    assert "calc" in staff.get(url("searches"), NOVEMBER).content.decode()
