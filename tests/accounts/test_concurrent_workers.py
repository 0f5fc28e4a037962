"""Concurrent workers and one row, on real database connections."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from accounts.mail import services
from accounts.mail.models import Message, MessageState
from accounts.mail.tasks import deliver
from tests.accounts.conftest import Postbox

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
