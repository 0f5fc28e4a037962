"""A campaign on its way while an order mail comes in, the broker dies, the database restarts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.newsletter.models import Subscriber
from accounts.newsletter.sending import batch, steering
from accounts.users.models import User
from tests.accounts.newsletter.sending.crew import beat_until, crew, is_sent
from tests.accounts.newsletter.sending.scene import prepared, states
from tests.accounts.newsletter.sending.sink import Sink
from tests.checkout.conftest import needs_postgres
from tests.checkout.failures.serving import own_postgres, queue, wait_until
from tests.engines import valkey
from tests.engines.postgres import Server

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

READERS = 900


@pytest.fixture(autouse=True)
def _real_connections(transactional_db: None) -> None:
    needs_postgres()


@pytest.fixture
def engine(_real_connections: None) -> Iterator[Server]:
    """A PostgreSQL of this test's own, which it may crash."""
    with own_postgres() as server:
        yield server


def everybody_once() -> dict[str, int]:
    return dict.fromkeys(Subscriber.objects.values_list("email", flat=True), 1)


def test_an_order_mail_overtakes_a_campaign_that_is_on_its_way(
    subscribe: Any, launched: Any, sink: Sink, journals: Path, alice: User, settings: Any
):
    # Broken once: with the jobs at the priority of order mail it came 603rd.
    settings.NEWSLETTER_RUNNERS = 12  # ten jobs always wait in front of the broker
    subscribe(READERS)
    campaign = prepared(launched())
    with crew(sink, journals):
        beat_until(lambda: sink.count >= 100, "the first letters")
        welcome = Message.objects.create(
            kind="welcome", subject_id=f"user:{alice.pk}", recipient=alice.email,
            data={"user": alice.pk},
        )  # fmt: skip
        before = sink.count
        outbox.queue(welcome.pk, "order-received")  # as urgent as an order's
        beat_until(is_sent(campaign), "the end")
        wait_until(lambda: sink.count == READERS + 1, "the order mail")
    place = [reader for _, reader in sink.lines].index(alice.email)
    assert place <= before + 2 * batch.CLAIM + 50  # what both workers had in hand
    assert sink.readers == everybody_once() | {alice.email: 1}


def test_a_campaign_goes_on_when_the_broker_has_died_and_come_back(
    subscribe: Any, launched: Any, sink: Sink, journals: Path
):
    subscribe(READERS)
    campaign = prepared(launched())
    own = valkey.start_own()
    port = own.port
    env = {"REDIS_URL": f"redis://127.0.0.1:{port}/0"}
    with crew(sink, journals, **env):
        queue("accounts.newsletter.tasks.look_after", **env)
        wait_until(lambda: sink.count >= 100, "the first letters")
        own.terminate()
        back = valkey.start_own(port)
        try:
            campaign.runners.update(due_at=campaign.created_at)  # their time is over

            def beat() -> bool:
                queue("accounts.newsletter.tasks.look_after", **env)
                return is_sent(campaign)()

            wait_until(beat, "the end")
        finally:
            back.stop()
    assert sink.readers == everybody_once()
    assert states(campaign) == {"sent": READERS}


def test_a_database_that_restarts_under_a_campaign_costs_no_letter_and_repeats_none(
    engine: Server, subscribe: Any, launched: Any, sink: Sink, journals: Path
):
    subscribe(READERS)
    campaign = prepared(launched())
    with crew(sink, journals):
        beat_until(lambda: sink.count >= 100, "the first letters")
        engine.crash()
        engine.recover()
        connection.close()
        campaign.runners.update(due_at=campaign.created_at)

        def looked() -> bool:
            try:
                return is_sent(campaign)()
            except OperationalError:
                return False

        beat_until(looked, "the end")
    assert sink.readers == everybody_once()
    assert states(campaign) == {"sent": READERS}


def test_two_workers_pause_together_and_the_rest_waits(
    subscribe: Any, launched: Any, sink: Sink, journals: Path
):
    subscribe(READERS)
    campaign = prepared(launched())
    with crew(sink, journals):
        beat_until(lambda: sink.count >= 100, "the first letters")
        steering.pause(campaign)
        before = sink.count
        wait_until(lambda: "claimed" not in states(campaign), "the letters in hand")
        paused_at = sink.count
        assert paused_at <= before + 2 * batch.CHECKED_AT_ONCE + 2
        assert states(campaign) == {"sent": paused_at, "queued": READERS - paused_at}
        steering.resume(campaign)
        beat_until(is_sent(campaign), "the end")
    assert sink.readers == everybody_once()
