"""Celery workers are killed (SIGKILL) while they send a campaign."""

import os
import random
import threading
from datetime import timedelta
from typing import Any

import pytest

from accounts.newsletter.campaigns import claims
from accounts.newsletter.campaigns.campaign_email import message_id_of
from accounts.newsletter.models import Delivery, Subscriber
from tests.accounts.newsletter.campaigns.jobs import prepared, states
from tests.accounts.newsletter.campaigns.mail_sink import Sink
from tests.accounts.newsletter.campaigns.workers import is_sent, tick_until, two_workers
from tests.checkout.conftest import needs_postgres

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

SUBSCRIBERS, KILLS = 5_000, 20
_pause = threading.Event()


@pytest.fixture(autouse=True)
def _real_connections(transactional_db: None) -> None:
    needs_postgres()


@pytest.mark.parametrize("seed", [int(os.environ.get("KILL_SEED", "1"))])
def test_twenty_kills_repeat_no_email_and_lose_none(
    seed: int, subscribe: Any, launched: Any, sink: Sink, capsys: Any, monkeypatch: Any
):
    monkeypatch.setattr(claims, "CLAIM_TIMEOUT", timedelta(seconds=8))
    rng = random.Random(seed)
    subscribe(SUBSCRIBERS)
    campaign = prepared(launched())
    moments = sorted(rng.sample(range(50, SUBSCRIBERS - 300), KILLS))
    with two_workers(sink) as workers:
        for moment in moments:
            tick_until(lambda at=moment: sink.count >= at, f"letter {moment}")
            _pause.wait(rng.random() * 0.05)
            workers.kill_one(rng)
        tick_until(is_sent(campaign), "the end")
    uncertain = list(
        Delivery.objects.filter(state="uncertain").values_list("pk", "subscriber__email")
    )
    with capsys.disabled():
        print(f"\nseed {seed}: {KILLS} kills, {len(uncertain)} uncertain, {states(campaign)}")  # noqa: T201
    assert len(uncertain) <= KILLS  # one at most for each kill
    everybody = set(Subscriber.objects.values_list("email", flat=True))
    got = sink.readers
    assert [reader for reader, times in got.items() if times > 1] == []
    assert everybody - set(got) <= {email for _, email in uncertain}  # none is skipped
    assert len(got) + len(everybody - set(got)) == SUBSCRIBERS
    assert states(campaign).get("sent", 0) + len(uncertain) == SUBSCRIBERS
    sent = Delivery.objects.filter(state="sent").values_list("pk", flat=True)
    assert {message_id_of(pk) for pk in sent} <= {name for name, _ in sink.lines}
