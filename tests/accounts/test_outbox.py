"""Queueing outbox rows, and sweeping what the broker lost."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from accounts.mail import outbox, services
from accounts.mail.models import Message, MessageState
from accounts.mail.tasks import deliver
from microflight.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A broker that is down."""
    monkeypatch.setattr(outbox, "_broker_down_until", 0.0)
    before = app.conf.broker_url
    app.conf.update(broker_url="redis://127.0.0.1:1/0")
    app.amqp._producer_pool = None  # rebuilt from the URL
    yield
    app.conf.update(broker_url=before)
    app.amqp._producer_pool = None


def _add(email_type: str = "welcome", number: int = 1) -> Message:
    return outbox.add(
        email_type, subject_id=f"user:{number}", to="alice@example.com", data={"user": 1}
    )


def test_row_is_queued_on_commit(broker: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        message = _add()
        assert broker() == []
    assert broker() == [(message.pk, 6)]


def test_order_email_has_high_priority(
    broker: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ordinary, urgent = _add(), _add("order-confirmed")
    assert broker() == [(urgent.pk, 0), (ordinary.pk, 6)]


def test_same_cause_writes_one_row(broker: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert _add() == _add()
    assert len(broker()) == 1
    assert Message.objects.count() == 1


def test_rollback_leaves_no_row(broker: Any) -> None:
    with transaction.atomic():
        _add()
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert broker() == []


@pytest.mark.usefixtures("dead_broker")
def test_dead_broker_does_not_delay_requests(
    django_capture_on_commit_callbacks: Any,
) -> None:
    began = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(5):
            _add(number=number)
    assert time.monotonic() - began < 2
    assert Message.objects.filter(state=MessageState.QUEUED).count() == 5


def test_sweep_queues_lost_row_once_overdue(broker: Any) -> None:
    message = _add()
    assert services.sweep() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert services.sweep() == 1
        assert services.sweep() == 0
    assert broker() == [(message.pk, 6)]


def test_sweep_queues_row_of_a_dead_worker(broker: Any) -> None:
    message = _add()
    services.claim(message.pk)
    with time_machine.travel(timezone.now() + timedelta(minutes=4), tick=False):
        assert services.sweep() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1), tick=False):
        assert services.sweep() == 1
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED
    assert len(broker()) == 1


def test_sweep_ignores_sent_and_failed_rows(broker: Any) -> None:
    for number, state in enumerate([MessageState.SENT, MessageState.FAILED]):
        row = _add(number=number)
        Message.objects.filter(pk=row.pk).update(state=state, next_try_at=None)
    with time_machine.travel(timezone.now() + timedelta(days=9), tick=False):
        assert services.sweep() == 0
    assert broker() == []


@pytest.mark.usefixtures("dead_broker")
def test_sweep_stops_at_a_dead_broker() -> None:
    for number in range(3):
        _add(number=number)
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        assert services.sweep() == 0
    assert Message.objects.filter(state=MessageState.QUEUED).count() == 3


def test_deliver_task_has_the_queued_name() -> None:
    assert deliver.name == outbox.DELIVER_TASK
