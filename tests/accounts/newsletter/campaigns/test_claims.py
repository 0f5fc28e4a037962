"""Claims of dead workers, and of two workers at once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.newsletter.campaigns import claims, feedback, scheduler
from accounts.newsletter.campaigns.campaign_email import message_id_of
from accounts.newsletter.campaigns.controls import mark_as_sent, send_again
from accounts.newsletter.campaigns.models import DeliveryState
from accounts.newsletter.campaigns.transport import Result
from accounts.newsletter.models import Campaign, Delivery, FeedbackType, Subscriber
from accounts.newsletter.subscribers.models import SubscriberState
from tests.accounts.conftest import Postbox
from tests.accounts.newsletter.campaigns.jobs import prepared, send_all, states

Claimed = Callable[[int], tuple[Campaign, list[Delivery]]]
SENT = Result(DeliveryState.SENT)


@pytest.fixture
def claimed(subscribe: Any, launched: Any) -> Claimed:
    """Return what claims the deliveries of a campaign for the worker "dead"."""

    def make(count: int) -> tuple[Campaign, list[Delivery]]:
        subscribe(count)
        campaign = prepared(launched())
        return campaign, claims.claim(campaign, "dead", count)

    return make


def age_claims() -> None:
    Delivery.objects.exclude(claimed_at=None).update(
        claimed_at=timezone.now() - claims.CLAIM_TIMEOUT - timedelta(seconds=1)
    )


def rows() -> list[tuple[str, int]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "attempts"))


def test_killed_worker_leaves_one_uncertain_delivery(claimed: Claimed):
    # Mutation: with every claim of a dead worker uncertain it was three.
    _, (one, two, _) = claimed(3)
    claims.start(one, one.campaign, "dead")
    claims.record(one, "dead", SENT)
    claims.start(two, two.campaign, "dead")
    assert claims.recover() == 0  # it may be alive
    assert rows() == [("sent", 1), ("sending", 0), ("claimed", 0)]
    age_claims()
    assert claims.recover() == 1
    assert rows() == [("sent", 1), ("uncertain", 0), ("queued", 0)]


def test_worker_that_lost_its_claims_sends_nothing(claimed: Claimed):
    _, (one, two) = claimed(2)
    claims.start(one, one.campaign, "dead")
    age_claims()
    claims.recover()
    assert claims.start(two, two.campaign, "dead") is False
    claims.record(one, "dead", SENT)  # it was alive, and it knows what happened
    claims.record(two, "dead", SENT)
    assert rows() == [("sent", 1), ("queued", 0)]


def test_unsubscribing_after_the_claim_prevents_the_email(claimed: Claimed):
    campaign, (one, two) = claimed(2)
    Subscriber.objects.filter(pk=one.subscriber_id).update(state=SubscriberState.UNSUBSCRIBED)
    assert [claims.start(row, row.campaign, "dead") for row in (one, two)] == [False, True]
    assert rows() == [("claimed", 0), ("sending", 0)]
    claims.release("dead")
    assert claims.claim(campaign, "another", 10) == []
    assert rows() == [("skipped", 0), ("sending", 0)]


def test_temporary_failure_is_due_again_after_two_minutes(claimed: Claimed):
    _, (one,) = claimed(1)
    claims.start(one, one.campaign, "dead")
    claims.record(one, "dead", Result(DeliveryState.QUEUED, "451 busy"))
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.claimed_by, row.reason) == ("queued", 1, "", "451 busy")
    assert timedelta(minutes=1) < row.next_try_at - timezone.now() <= timedelta(minutes=2)


def uncertain(claimed: Claimed) -> tuple[Campaign, int]:
    campaign, (row,) = claimed(1)
    claims.start(row, row.campaign, "dead")
    age_claims()
    claims.recover()
    assert send_all(campaign).state == "sent"  # it is not held up
    assert states(campaign) == {"uncertain": 1}
    return campaign, row.pk


def test_uncertain_delivery_is_sent_again_only_by_staff(claimed: Claimed, postbox: Postbox):
    campaign, pk = uncertain(claimed)
    assert postbox.emails == []
    assert send_again([pk]) == 1
    campaign.refresh_from_db()
    assert campaign.state == "sending"
    assert send_all(campaign).state == "sent"
    assert [letter["Message-ID"] for letter in postbox.emails] == [message_id_of(pk)]
    assert send_again([pk]) == 0  # not uncertain any more
    assert states(campaign) == {"sent": 1}


def test_uncertain_delivery_is_marked_as_sent_by_staff(claimed: Claimed, postbox: Postbox):
    campaign, pk = uncertain(claimed)
    assert (mark_as_sent([pk]), states(campaign), postbox.emails) == (1, {"sent": 1}, [])
    assert campaign.events.first().what == "uncertain deliveries marked as sent"


@pytest.mark.parametrize("recovered", [True, False])
def test_webhook_resolves_delivery_of_killed_worker(claimed: Claimed, recovered: bool):
    campaign, (row,) = claimed(1)
    claims.start(row, row.campaign, "dead")
    age_claims()
    if recovered:
        claims.recover()
    feedback.note("postmark", "1", FeedbackType.DELIVERED, message_id=message_id_of(row.pk))
    assert states(campaign) == {"sent": 1}
    assert claims.recover() == 0
    assert states(campaign) == {"sent": 1}


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_cancelling_does_not_wait_for_rows_of_a_worker(
    transactional_db: None, subscribe: Any, launched: Any
):
    # Mutation: an UPDATE with an order of its own and a worker's claim waited for each other.
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time on SQLite; PostgreSQL shows it")
    subscribe(4)
    campaign = prepared(launched())
    claimed, may_commit = threading.Event(), threading.Event()

    def claim() -> None:
        with transaction.atomic():
            claims.claim(campaign, "worker", 2)
            claimed.set()
            may_commit.wait(20)
        connection.close()

    thread = threading.Thread(target=claim)
    thread.start()
    assert claimed.wait(20)
    Campaign.objects.update(state="cancelled")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        claims.drop_cancelled()
    may_commit.set()
    thread.join()
    assert states(campaign) == {"claimed": 2, "skipped": 2}
    claims.release("worker")
    scheduler.run_campaigns()
    assert states(campaign) == {"skipped": 4}
