"""What a worker leaves behind, found by the others."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.newsletter.models import Campaign, Delivery, Runner
from accounts.newsletter.sending import journal, looking_after, recovery
from accounts.newsletter.sending.batch import claim
from accounts.newsletter.sending.doubts import count_as_sent, send_again
from tests.accounts.conftest import Postbox
from tests.accounts.newsletter.sending.scene import do_one_job, new_worker, prepared, send_all

Claimed = Callable[[int], tuple[Campaign, journal.Journal, list[int]]]


@pytest.fixture
def claimed(subscribe: Any, launched: Any) -> Claimed:
    """Let a worker claim the letters of a campaign."""

    def make(count: int) -> tuple[Campaign, journal.Journal, list[int]]:
        subscribe(count)
        campaign = prepared(launched())
        rows = claim(campaign, journal.mine())
        return campaign, journal.mine(), [row.pk for row in rows]

    return make


def rows() -> list[tuple[str, int]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "attempts"))


def test_each_claim_of_a_dead_worker_ends_as_its_journal_says(claimed: Claimed):
    # Broken once: `about` taken for `gone` made the doubtful letter a sent one.
    _, mine, (untouched, about, gone, taken, later, never, doubt) = claimed(7)
    mine.about(about)
    for pk in (gone, taken, later, never, doubt):
        mine.about(pk)
        mine.gone(pk)
    mine.answered(taken, "taken")
    mine.answered(later, "later", "451 busy")
    mine.answered(never, "never", "554 spam")
    mine.answered(doubt, "doubt", "the line broke")
    name = mine.name
    assert recovery.recover() == []  # it lives
    assert rows() == [("claimed", 0)] * 7
    new_worker()
    assert recovery.recover() == [name]
    assert rows() == [
        ("queued", 0), ("doubt", 1), ("sent", 1), ("sent", 1), ("queued", 1), ("failed", 1),
        ("doubt", 1),
    ]  # fmt: skip
    assert Delivery.objects.get(pk=untouched).next_try_at is None
    assert Delivery.objects.get(pk=later).next_try_at > timezone.now()
    recovery.recover()
    assert [state for state, _ in rows()].count("doubt") == 2


def test_a_line_that_was_cut_off_was_not_written(claimed: Claimed, journals: Path):
    _, mine, (one, two) = claimed(2)
    mine.about(one)
    os.write(mine._file, b"gone %d" % two)
    new_worker()
    recovery.recover()
    assert rows() == [("doubt", 1), ("queued", 0)]


def test_after_a_restart_of_the_machine_whatever_was_claimed_is_in_doubt_but_what_was_answered(
    claimed: Claimed, journals: Path, monkeypatch: Any
):
    _, mine, (_, gone, taken) = claimed(3)
    for pk in (gone, taken):
        mine.about(pk)
        mine.gone(pk)
    mine.answered(taken, "taken")
    new_worker()
    monkeypatch.setattr(journal, "boot", lambda: "another")
    recovery.recover()
    assert rows() == [("doubt", 1), ("doubt", 1), ("sent", 1)]


def test_claims_of_a_machine_that_stays_away_are_in_doubt_after_half_an_hour(claimed: Claimed):
    _, mine, _ = claimed(1)
    mine.path.unlink()
    assert recovery.doubt_absent() == 0
    Delivery.objects.update(claimed_at=timezone.now() - timedelta(minutes=31))
    assert recovery.doubt_absent() == 1
    assert rows() == [("doubt", 0)]


def test_a_journal_is_removed_once_no_late_claim_can_come(claimed: Claimed, journals: Path):
    _, mine, _ = claimed(1)
    new_worker()
    recovery.recover()
    assert list(journals.iterdir()) == [mine.path]
    os.utime(mine.path, (0, 0))
    recovery.recover()
    assert list(journals.iterdir()) == []


def test_what_a_worker_could_not_write_down_it_settles_before_its_next_batch(
    claimed: Claimed, postbox: Postbox
):
    campaign, mine, (one, two) = claimed(2)
    mine.about(one)
    mine.gone(one)
    mine.answered(one, "taken")
    do_one_job(campaign)  # the same worker
    assert rows() == [("sent", 1), ("sent", 1)]
    assert [letter["To"] for letter in postbox.letters] == ["reader-2@example.com"]
    assert mine.read() == {}


def test_chains_of_dead_workers_begin_anew_at_once(claimed: Claimed, postbox: Postbox):
    campaign, mine, _ = claimed(3)
    later = timezone.now() + timedelta(hours=1)
    Runner.objects.create(campaign=campaign, slot=0, ticket="t", worker=mine.name, due_at=later)
    new_worker()
    looking_after.look_after_all()
    runner = Runner.objects.get(slot=0)
    assert runner.ticket not in ("", "t")
    assert send_all(campaign).state == "sent"
    assert len(postbox.letters) == 3


def in_doubt(claimed: Claimed) -> tuple[Campaign, int]:
    campaign, mine, (pk,) = claimed(1)
    mine.about(pk)
    new_worker()
    recovery.recover()
    assert send_all(campaign).state == "sent"  # it is not held up
    assert rows() == [("doubt", 1)]
    return campaign, pk


def test_a_letter_in_doubt_goes_out_again_only_when_staff_say_so(
    claimed: Claimed, postbox: Postbox
):
    campaign, pk = in_doubt(claimed)
    assert postbox.letters == []
    assert send_again([pk]) == 1
    campaign.refresh_from_db()
    assert campaign.state == "sending"
    assert send_all(campaign).state == "sent"
    assert len(postbox.letters) == 1
    assert send_again([pk]) == 0  # not in doubt any more
    assert rows() == [("sent", 2)]


def test_a_letter_in_doubt_may_be_counted_as_sent(claimed: Claimed, postbox: Postbox):
    campaign, pk = in_doubt(claimed)
    assert (count_as_sent([pk]), rows(), postbox.letters) == (1, [("sent", 1)], [])
    assert campaign.events.first().what == "letters in doubt counted as sent"
