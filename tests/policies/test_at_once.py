"""Several people and several workers at the same moment, on real connections."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, connections

from accounts.users.models import User
from policies import publishing
from policies.models import Effect, Policy, PolicyVersion, VersionEvent
from policies.services import broken_links
from tests.policies.conftest import ready

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _needs_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("threads that write at once need PostgreSQL; SQLite queues them at BEGIN")


def all_at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Start every act at the same moment; return what they returned or raised."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int) -> None:
        try:
            start.wait(timeout=20)
            results[place] = acts[place]()
        except Exception as problem:
            results[place] = problem  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


# Broken once: without the lock on the policy's row one_text_per_number stopped the second person
# with an IntegrityError, and so it went in the next test.
def test_two_people_who_publish_at_once_get_two_numbers(
    shipping: Policy, alice: User, bob: User, charlie: User
) -> None:
    texts = [ready(shipping, f"We post on day {n}.", alice, bob) for n in range(4)]
    made = all_at_once([lambda t=text: publishing.publish(t, by=charlie) for text in texts])
    assert sorted(version.number for version in made) == [2, 3, 4, 5]
    assert broken_links() == []
    assert PolicyVersion.objects.published().count() == 5


def test_one_text_that_two_people_publish_is_published_once(
    approved: PolicyVersion, bob: User, charlie: User
) -> None:
    made = all_at_once(
        [lambda u=user: publishing.publish(approved, by=u) for user in (bob, charlie)]
    )
    assert [version.number for version in made] == [2, 2]
    assert made[0].sha256 == made[1].sha256
    assert VersionEvent.objects.filter(version=approved, what="published").count() == 1


# Broken once: with `create` in place of `get_or_create` workers died of the unique key.
def test_however_many_workers_run_a_text_takes_effect_once(approved: PolicyVersion) -> None:
    with time_machine.travel(datetime(2027, 1, 10, 18, 0, tzinfo=UTC), tick=False):
        made = publishing.publish(approved)
    assert made.effective_from == datetime(2027, 2, 10, 6, 0, tzinfo=UTC)
    with time_machine.travel(datetime(2027, 2, 10, 5, 59, 59, tzinfo=UTC), tick=False):
        assert all_at_once([publishing.take_effect] * 3) == [[], [], []]
        assert not Effect.objects.filter(version=made).exists()
    with time_machine.travel(datetime(2027, 2, 10, 6, 0, tzinfo=UTC), tick=False):
        noticed = all_at_once([publishing.take_effect] * 6)
        assert sorted(noticed, key=len) == [[], [], [], [], [], [made]]
        assert publishing.take_effect() == []
    assert Effect.objects.filter(version=made).count() == 1
