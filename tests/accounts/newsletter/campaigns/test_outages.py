"""A campaign during order emails, a dead broker and a database restart."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.newsletter.campaigns import claims, controls, worker
from accounts.newsletter.models import Subscriber
from accounts.users.models import User
from tests.accounts.newsletter.campaigns.jobs import prepared, states
from tests.accounts.newsletter.campaigns.mail_sink import Sink
from tests.accounts.newsletter.campaigns.workers import is_sent, tick_until, two_workers
from tests.checkout.conftest import needs_postgres
from tests.checkout.failures.processes import own_postgres, queue, wait_until
from tests.engines import valkey
from tests.engines.postgres import Server

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

SUBSCRIBERS = 900


@pytest.fixture(autouse=True)
def _real_connections(transactional_db: None, monkeypatch: Any) -> None:
    needs_postgres()
    monkeypatch.setattr(claims, "CLAIM_TIMEOUT", timedelta(seconds=8))


@pytest.fixture
def engine(_real_connections: None) -> Iterator[Server]:
    """A PostgreSQL of this test's own, which it may crash."""
    with own_postgres() as server:
        yield server


def everybody_once() -> dict[str, int]:
    return dict.fromkeys(Subscriber.objects.values_list("email", flat=True), 1)


def test_order_email_overtakes_campaign(
    subscribe: Any, launched: Any, sink: Sink, alice: User, settings: Any
):
    # Mutation: with the jobs at the priority of order mail it came 603rd.
    settings.NEWSLETTER_WORKERS = 12  # dozens of jobs always wait at the broker
    subscribe(SUBSCRIBERS)
    campaign = prepared(launched())
    with two_workers(sink):
        tick_until(lambda: sink.count >= 100, "the first letters")
        welcome = Message.objects.create(
            email_type="welcome", subject_id=f"user:{alice.pk}", recipient=alice.email,
            data={"user": alice.pk},
        )  # fmt: skip
        before = sink.count
        outbox.queue(welcome.pk, "order-confirmed")  # as urgent as an order's
        tick_until(is_sent(campaign), "the end")
        wait_until(lambda: sink.count == SUBSCRIBERS + 1, "the order mail")
    place = [reader for _, reader in sink.lines].index(alice.email)
    assert place <= before + 400  # what both workers send in one job
    assert sink.readers == everybody_once() | {alice.email: 1}


def test_campaign_continues_after_broker_restart(subscribe: Any, launched: Any, sink: Sink):
    subscribe(SUBSCRIBERS)
    campaign = prepared(launched())
    own = valkey.start_own()
    port = own.port
    env = {"REDIS_URL": f"redis://127.0.0.1:{port}/0"}
    with two_workers(sink, **env):
        queue("accounts.newsletter.campaigns.scheduler.run_campaigns", **env)
        wait_until(lambda: sink.count >= 100, "the first letters")
        own.terminate()
        back = valkey.start_own(port)
        try:

            def beat() -> bool:
                queue("accounts.newsletter.campaigns.scheduler.run_campaigns", **env)
                return is_sent(campaign)()

            wait_until(beat, "the end")
        finally:
            back.stop()
    assert sink.readers == everybody_once()
    assert states(campaign) == {"sent": SUBSCRIBERS}


def test_database_restart_loses_and_repeats_no_email(
    engine: Server, subscribe: Any, launched: Any, sink: Sink
):
    subscribe(SUBSCRIBERS)
    campaign = prepared(launched())
    with two_workers(sink):
        tick_until(lambda: sink.count >= 100, "the first letters")
        engine.crash()
        engine.recover()
        connection.close()

        def looked() -> bool:
            try:
                return is_sent(campaign)()
            except OperationalError:
                return False

        tick_until(looked, "the end")
    assert sink.readers == everybody_once()
    assert states(campaign) == {"sent": SUBSCRIBERS}


def test_pause_stops_both_workers(subscribe: Any, launched: Any, sink: Sink):
    subscribe(SUBSCRIBERS)
    campaign = prepared(launched())
    with two_workers(sink):
        tick_until(lambda: sink.count >= 100, "the first letters")
        controls.pause(campaign)
        before = sink.count
        wait_until(
            lambda: "claimed" not in states(campaign) and "sending" not in states(campaign),
            "the emails in hand",
        )
        paused_at = sink.count
        assert paused_at <= before + 2 * worker.BATCH + 2
        assert states(campaign) == {"sent": paused_at, "queued": SUBSCRIBERS - paused_at}
        controls.resume(campaign)
        tick_until(is_sent(campaign), "the end")
    assert sink.readers == everybody_once()
