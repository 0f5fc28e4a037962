"""Several users and workers at the same moment, on real connections."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, connections

from accounts.users.models import User
from policies import integrity, workflow
from policies.models import PolicyVersion, VersionEvent

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _needs_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("concurrent writes need PostgreSQL; SQLite queues them at BEGIN")


def run_at_once(functions: list[Callable[[], Any]]) -> list[Any]:
    """Start all functions at the same moment; return what they returned or raised."""
    start, results = threading.Barrier(len(functions)), [None] * len(functions)

    def run(index: int) -> None:
        try:
            start.wait(timeout=20)
            results[index] = functions[index]()
        except Exception as error:
            results[index] = error  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[index]) for index in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


# Mutation: without the lock on the policy's row, the unique constraint on the number failed
# for the second user, here and in the next test.
def test_versions_published_at_once_get_consecutive_numbers(
    create_approved: Any, charlie: User
) -> None:
    versions = [create_approved(f"We ship on day {n}.") for n in range(4)]
    published = run_at_once([lambda v=each: workflow.publish(v, user=charlie) for each in versions])
    assert sorted(version.number for version in published) == [2, 3, 4, 5]
    assert integrity.tampered_versions() == []
    assert PolicyVersion.objects.published().count() == 5


def test_version_published_twice_at_once_is_published_once(
    approved: PolicyVersion, bob: User, charlie: User
) -> None:
    users = (bob, charlie)
    results = run_at_once([lambda u=user: workflow.publish(approved, user=u) for user in users])
    assert [version.number for version in results] == [2, 2]
    assert results[0].sha256 == results[1].sha256
    assert VersionEvent.objects.filter(version=approved, action="published").count() == 1


# Mutation: with `create` instead of `get_or_create`, workers failed on the unique constraint.
def test_version_takes_effect_once_with_many_workers(approved: PolicyVersion) -> None:
    with time_machine.travel(datetime(2027, 1, 10, 18, 0, tzinfo=UTC), tick=False):
        version = workflow.publish(approved)
    assert version.effective_from == datetime(2027, 2, 10, 6, 0, tzinfo=UTC)
    effects = VersionEvent.objects.filter(version=version, action="took-effect")
    record = workflow.record_effective_versions
    with time_machine.travel(datetime(2027, 2, 10, 5, 59, 59, tzinfo=UTC), tick=False):
        assert run_at_once([record] * 3) == [[], [], []]
        assert not effects.exists()
    with time_machine.travel(datetime(2027, 2, 10, 6, 0, tzinfo=UTC), tick=False):
        results = run_at_once([record] * 6)
        assert sorted(results, key=len) == [[], [], [], [], [], [version]]
        assert record() == []
    assert effects.count() == 1
