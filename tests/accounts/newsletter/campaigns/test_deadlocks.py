"""Pairs of jobs that lock the same rows: neither waits for the other for good.

Each test lets the second job run into a lock of the first, which then takes everything it needs:
with another order of locks, PostgreSQL ends one of them with "deadlock detected".
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.newsletter.campaigns import claims, controls, feedback
from accounts.newsletter.models import (
    Delivery,
    FeedbackType,
    Reason,
    Subscriber,
    Suppression,
)
from accounts.newsletter.subscribers import erasure, imports, staff_requests, topics
from accounts.newsletter.subscribers.subscriptions import activate, get_locked
from accounts.newsletter.subscribers.unsubscribe import suppress, unsubscribe
from tests.accounts.newsletter.campaigns.jobs import prepared, states
from tests.accounts.newsletter.import_files import checked, row
from tests.accounts.newsletter.people import DANA, subscriber
from tests.accounts.newsletter.reports import delivery, name_of
from tests.checkout.conftest import needs_postgres

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _real_connections(transactional_db: None) -> None:
    needs_postgres()


def is_waiting() -> bool:
    """Return whether any connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else it stays as first seen
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None


def collide(lock: Callable[[], Any], other: Callable[[], Any], rest: Callable[[], Any]) -> bool:
    """Take a lock, start the other job until it waits or ends, and do the rest of the first;
    return whether the other had to wait."""
    raised: list[Exception] = []
    done = threading.Event()

    def work() -> None:
        try:
            other()
        except Exception as error:
            raised.append(error)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        lock()
        thread.start()
        while not done.wait(0.02) and not is_waiting():
            pass
        waited = not done.is_set()
        rest()
    thread.join()
    assert raised == []
    return waited


def lock_dana() -> None:
    get_locked(DANA)


REPORTS = [FeedbackType.HARD, FeedbackType.COMPLAINT, FeedbackType.UNSUBSCRIBED]


@pytest.mark.parametrize("kind", REPORTS)
def test_report_and_unsubscribe_do_not_deadlock(kind: FeedbackType) -> None:
    # Mutation: a bounce stored its suppression before it locked the subscriber.
    sent = delivery()
    dana, key = Subscriber.objects.get(email=DANA), sent.campaign.key
    collide(
        lock_dana,
        lambda: feedback.note("postmark", "1", kind, message_id=name_of(sent)),
        lambda: unsubscribe(dana, how="link", campaign_key=key),
    )
    assert Suppression.objects.get().reason == Reason.UNSUBSCRIBED
    assert Subscriber.objects.get().state == "unsubscribed"


@pytest.mark.parametrize("kind", [*REPORTS, FeedbackType.SOFT])
def test_report_and_erasure_do_not_deadlock(kind: FeedbackType) -> None:
    # Mutation: a report locked the delivery first, an erasure the subscriber.
    sent = delivery()
    dana = Subscriber.objects.get(email=DANA)
    collide(
        lock_dana,
        lambda: feedback.note("postmark", "1", kind, message_id=name_of(sent)),
        lambda: erasure.erase(dana),
    )
    assert not Subscriber.objects.exists()
    assert Delivery.objects.get().subscriber is None


def test_staff_sign_up_and_do_not_contact_do_not_deadlock() -> None:
    # Mutation: a sign-up by staff changed the suppression before it locked the subscriber.
    subscriber(DANA, state="unsubscribed")
    suppress(DANA, Reason.STAFF)
    collide(
        lock_dana,
        lambda: staff_requests.sign_up(
            DANA, topics=["sales"], text="Please.", name="", how="letter", by="c"
        ),
        lambda: staff_requests.do_not_contact(DANA, how="phone", by="c"),
    )
    assert Suppression.objects.get().reason == Reason.UNSUBSCRIBED


def test_two_imports_of_the_same_people_do_not_deadlock() -> None:
    # Mutation: each import inserted in the order of its file.
    topics.load()
    run = checked(row("ben@example.com"), row("ann@example.com"))
    imports.start(run)
    run.refresh_from_db()
    collide(
        lambda: Subscriber.objects.create(email="ann@example.com"),
        lambda: imports.resume(run),
        lambda: Subscriber.objects.create(email="ben@example.com"),
    )
    run.refresh_from_db()
    assert (run.state, run.changed, Subscriber.objects.count()) == ("done", 2, 2)


def test_cleanup_leaves_subscribers_who_are_being_changed() -> None:
    # Mutation: it waited for a person who was subscribing again, and then deleted the row.
    dana = subscriber(DANA, state="unsubscribed")
    old = dana.created_at - timedelta(days=erasure.UNSUBSCRIBED_DAYS + 1)
    Subscriber.objects.update(created_at=old, unsubscribed_at=old)
    rest = partial(activate, dana, dana.consents.get())
    assert not collide(lock_dana, erasure.delete_old, rest)
    assert Subscriber.objects.get().state == "active"


def test_cancelling_while_workers_send_does_not_deadlock(subscribe: Any, launched: Any) -> None:
    # Mutation: with a plain UPDATE of all that is queued, cancelling waited for the rows of one
    # worker, with a lock on those that it claimed next; without SKIP LOCKED that was a deadlock.
    subscribe(6)
    campaign = prepared(launched())
    last = Delivery.objects.order_by("-pk").values_list("pk", flat=True)[:2]
    held = Delivery.objects.filter(pk__in=list(last))
    waited = collide(
        lambda: list(held.select_for_update()),
        lambda: controls.cancel(campaign),
        lambda: claims.claim(campaign, "worker", 4),
    )
    assert not waited
    assert states(campaign) == {"skipped": 4, "queued": 2}
    claims.drop_cancelled()
    assert states(campaign) == {"skipped": 6}
