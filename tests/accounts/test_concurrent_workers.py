"""Concurrent workers and one row, on real database connections."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.mail import outbox, services
from accounts.mail.models import Message, MessageState
from accounts.mail.tasks import deliver
from accounts.users.models import User
from tests.accounts.conftest import Postbox
from tests.concurrency import run_concurrently

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _several_connections() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time on SQLite; PostgreSQL shows it")


def _at_once(count: int, job: Callable[[], None]) -> None:
    """Run a job in several threads, started at the same moment."""
    gate = threading.Barrier(count)

    def run() -> None:
        try:
            gate.wait()
            job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_eight_workers_send_one_email(postbox: Postbox, welcome: Message) -> None:
    _at_once(8, lambda: deliver(welcome.pk))
    assert len(postbox.emails) == 1
    welcome.refresh_from_db()
    assert (welcome.state, welcome.attempts) == (MessageState.SENT, 1)


def test_locked_row_is_skipped(welcome: Message) -> None:
    found: list[Message | None] = []
    with transaction.atomic():
        Message.objects.select_for_update().get(pk=welcome.pk)
        _at_once(1, lambda: found.append(services.claim(welcome.pk)))
    assert found == [None]


def test_concurrent_sweeps_queue_a_row_once(welcome: Message) -> None:
    Message.objects.update(next_try_at=welcome.created_at)
    taken: list[int] = []
    _at_once(2, lambda: taken.append(services.sweep()))
    assert sorted(taken) == [0, 1]


def test_resending_while_sweeps_and_workers_run_sends_each_email_once(
    postbox: Postbox, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Mutation: resend() without select_for_update(): 8 reported as queued again, 6 sent
    rows = [
        Message.objects.create(
            email_type="welcome", subject_id=f"user:{number}", recipient=f"{number}@example.com",
            state=MessageState.FAILED, attempts=13, data={"user": alice.pk},
        )
        for number in range(6)
    ]  # fmt: skip
    monkeypatch.setattr(outbox, "SWEEP_AFTER", timedelta(0))  # each row is due at once
    monkeypatch.setattr(services, "SWEPT_AGAIN_AFTER", timedelta(0))
    queued: list[int] = []
    every = Message.objects.all()

    def work() -> None:
        for row in rows:
            deliver(row.pk)

    resend = [lambda: queued.append(services.resend_many(every))] * 3
    results = run_concurrently(*resend, *[services.sweep] * 3, *[work] * 3)
    assert [each for each in results if isinstance(each, Exception)] == []
    work()
    assert Message.objects.filter(state=MessageState.SENT).count() == 6
    assert len(postbox.emails) == sum(queued) >= 6
