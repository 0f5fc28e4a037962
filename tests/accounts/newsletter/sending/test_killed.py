"""Workers of Celery, real processes, are killed by -9 while a campaign goes out."""

import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from accounts.newsletter.models import Delivery, Subscriber
from accounts.newsletter.sending.ids import message_id_of
from tests.accounts.newsletter.sending.crew import beat_until, crew, is_sent
from tests.accounts.newsletter.sending.scene import prepared, states
from tests.accounts.newsletter.sending.sink import Sink
from tests.checkout.conftest import needs_postgres

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

READERS, KILLS = 5_000, 20
_pause = threading.Event()


@pytest.fixture(autouse=True)
def _real_connections(transactional_db: None) -> None:
    needs_postgres()


@pytest.mark.parametrize("seed", [int(os.environ.get("KILL_SEED", "1"))])
def test_five_thousand_readers_get_one_letter_each_though_workers_are_killed_twenty_times(
    seed: int, subscribe: Any, launched: Any, sink: Sink, journals: Path, capsys: Any
):
    rng = random.Random(seed)
    subscribe(READERS)
    campaign = prepared(launched())
    moments = sorted(rng.sample(range(50, READERS - 300), KILLS))
    with crew(sink, journals) as crew_:
        for moment in moments:
            beat_until(lambda at=moment: sink.count >= at, f"letter {moment}")
            _pause.wait(rng.random() * 0.05)
            crew_.kill_one(rng)
        beat_until(is_sent(campaign), "the end")
    doubtful = list(Delivery.objects.filter(state="doubt").values_list("pk", "subscriber__email"))
    with capsys.disabled():
        print(f"\nseed {seed}: {KILLS} kills, {len(doubtful)} in doubt, {states(campaign)}")  # noqa: T201
    everybody = set(Subscriber.objects.values_list("email", flat=True))
    got = sink.readers
    assert [reader for reader, times in got.items() if times > 1] == []
    assert everybody - set(got) <= {email for _, email in doubtful}  # nobody is forgotten
    assert len(got) + len(everybody - set(got)) == READERS
    assert states(campaign).get("sent", 0) + len(doubtful) == READERS
    sent = Delivery.objects.filter(state="sent").values_list("pk", flat=True)
    assert {message_id_of(pk) for pk in sent} <= {name for name, _ in sink.lines}
