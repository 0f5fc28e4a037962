"""Sending a campaign: once to everyone, and to no one who unsubscribed."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.newsletter.campaigns import claims, rate_limit, scheduler, worker
from accounts.newsletter.campaigns.campaign_email import message_id_of
from accounts.newsletter.campaigns.controls import cancel, pause, resume
from accounts.newsletter.campaigns.progress import progress
from accounts.newsletter.models import Campaign, Delivery, Reason, Subscriber
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import suppress
from tests.accounts.conftest import Postbox
from tests.accounts.newsletter.campaigns.jobs import prepared, run_job, send_all, states

Launch = Callable[..., Campaign]
Subscribe = Callable[[int], list[Subscriber]]


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: Any) -> None:
    """Let a job end with its work and not by the clock."""
    monkeypatch.setattr(worker, "JOB_SECONDS", 60)


def readers(box: Postbox) -> Counter[str]:
    return Counter(str(letter["To"]) for letter in box.emails)


def test_everyone_gets_one_email(subscribe: Subscribe, launched: Launch, postbox: Postbox):
    people = subscribe(120)
    campaign = send_all(prepared(launched()))
    assert readers(postbox) == {person.email: 1 for person in people}
    assert (campaign.state, states(campaign)) == ("sent", {"sent": 120})
    now = progress(campaign)
    assert (now.total, now.sent, now.remaining, now.percent) == (120, 120, 0, 100)
    assert campaign.events.first().note == "120 Sent"
    ids = [message_id_of(pk) for pk in Delivery.objects.order_by("pk").values_list("pk", flat=True)]
    assert [letter["Message-ID"] for letter in postbox.emails] == ids


def test_claimed_delivery_is_rechecked_before_sending(
    subscribe: Subscribe, launched: Launch, postbox: Postbox, monkeypatch: Any
):
    # Mutation: without the last look four who did not want it got it.
    one, two, three, four, five, six = subscribe(6)
    campaign = prepared(launched())
    claim = claims.claim
    suppress(three.email, Reason.COMPLAINT)

    def claim_then_they_act(*arguments: Any, **options: Any) -> list[Delivery]:
        rows = claim(*arguments, **options)
        Subscriber.objects.filter(pk=one.pk).update(state=SubscriberState.UNSUBSCRIBED)
        tomorrow = timezone.localdate() + timedelta(days=1)
        Subscriber.objects.filter(pk=two.pk).update(paused_until=tomorrow)
        four.topics.clear()
        Subscriber.objects.filter(pk=five.pk).delete()
        return rows

    monkeypatch.setattr(claims, "claim", claim_then_they_act)
    send_all(campaign)
    assert readers(postbox) == {six.email: 1}
    skipped = Delivery.objects.filter(state="skipped").order_by("pk")
    assert list(skipped.values_list("reason", flat=True)) == [
        "Unsubscribed", "Paused", "On the suppression list", "No longer subscribed to the topic",
        "Erased",
    ]  # fmt: skip
    assert campaign.state == "sent"


@pytest.fixture
def interrupted(monkeypatch: Any) -> list[Callable[[], object]]:
    """Functions to call, once each, after the first ten emails of a batch."""
    acts: list[Callable[[], object]] = []
    ask = rate_limit.request

    def asked(wanted: int, **options: Any) -> rate_limit.Grant:
        if acts and asked.times:
            acts.pop()()
        asked.times += 1
        return ask(wanted, **options)

    asked.times = 0
    monkeypatch.setattr(rate_limit, "request", asked)
    return acts


def test_pause_takes_effect_within_a_batch(
    subscribe: Subscribe, launched: Launch, postbox: Postbox, interrupted: Any
):
    # Mutation: without a check of the state per claim, all 50 were sent.
    people = subscribe(60)
    campaign = prepared(launched())
    interrupted.append(lambda: pause(campaign))
    run_job(campaign)
    assert (campaign.state, states(campaign)) == ("paused", {"sent": 10, "queued": 50})
    run_job(campaign)
    assert len(postbox.emails) == 10
    campaign = send_all(resume(campaign))
    assert campaign.state == "sent"
    assert readers(postbox) == {person.email: 1 for person in people}
    assert [e.what for e in campaign.events.order_by("pk")] == [
        "preparing", "prepared", "paused", "resumed", "sent",
    ]  # fmt: skip


def test_cancelled_campaign_skips_the_rest(
    subscribe: Subscribe, launched: Launch, postbox: Postbox, interrupted: Any
):
    subscribe(60)
    campaign = prepared(launched())
    interrupted.append(lambda: cancel(campaign))
    run_job(campaign)
    assert (campaign.state, states(campaign)) == ("cancelled", {"sent": 10, "skipped": 50})
    assert set(Delivery.objects.filter(state="skipped").values_list("reason", flat=True)) == {
        "Campaign cancelled"
    }
    assert len(postbox.emails) == 10


def test_campaign_paused_during_preparation_resumes_it(subscribe: Subscribe, launched: Launch):
    subscribe(3)
    campaign = pause(launched(state="preparing"))
    assert campaign.state == "paused"
    assert resume(campaign).state == "preparing"


def test_soft_rejection_is_retried_six_times(
    subscribe: Subscribe, launched: Launch, postbox: Postbox, settings: Any
):
    subscribe(1)
    campaign = prepared(launched())
    postbox.answer = "451 4.7.1 Greylisted"
    send_all(campaign, jobs=1)
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.claimed_by) == ("queued", 1, "")
    assert row.reason == "451 4.7.1 Greylisted"
    assert timedelta(minutes=1) < row.next_try_at - timezone.now() <= timedelta(minutes=2)
    run_job(campaign)  # not due
    row.refresh_from_db()
    assert (row.attempts, campaign.state) == (1, "sending")
    for _ in range(6):
        Delivery.objects.update(next_try_at=timezone.now())
        run_job(campaign)
    send_all(campaign)
    row.refresh_from_db()
    assert (row.state, row.attempts, campaign.state) == ("failed", 7, "sent")
    assert postbox.emails == []


def test_hard_rejection_is_not_retried(subscribe: Subscribe, launched: Launch, postbox: Postbox):
    subscribe(1)
    campaign = prepared(launched())
    postbox.answer = "554 5.7.1 Looks like spam"
    send_all(campaign)
    row = Delivery.objects.get()
    assert (row.state, row.reason) == ("failed", "554 5.7.1 Looks like spam")
    assert (campaign.state, row.subscriber.state) == ("sent", "active")


def test_too_many_failures_stop_the_campaign(
    subscribe: Subscribe, launched: Launch, postbox: Postbox, settings: Any
):
    # Mutation: with the share compared the wrong way it was sent.
    settings.NEWSLETTER_STOP_AFTER, settings.NEWSLETTER_STOP_SHARE = 50, 20
    subscribe(120)
    campaign = prepared(launched())
    postbox.answer = "554 5.7.1 Looks like spam"
    send_all(campaign)
    assert campaign.state == "stopped"
    assert campaign.stop_reason == "50 of the last 50 emails failed."
    assert states(campaign) == {"failed": 50, "queued": 70}
    postbox.answer = "250 taken"
    campaign = send_all(resume(campaign))
    assert (campaign.state, states(campaign)) == ("sent", {"failed": 50, "sent": 70})


def test_unavailable_mail_server_costs_no_attempt_and_delays_the_campaign(
    subscribe: Subscribe, launched: Launch, postbox: Postbox, settings: Any
):
    subscribe(3)
    campaign = prepared(launched())
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    run_job(campaign)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 0)}
    assert campaign.server_failures == 1
    assert timedelta(seconds=4) < campaign.retry_at - timezone.now() <= timedelta(seconds=5)
    settings.EMAIL_PORT = there
    run_job(campaign)  # not due
    assert postbox.emails == []
    settings.EMAIL_PORT = 1
    Campaign.objects.update(server_failures=29, retry_at=None)
    run_job(campaign)
    assert campaign.state == "stopped"
    assert campaign.stop_reason.startswith("The mail server was unavailable 30 times in a row")
    settings.EMAIL_PORT = there
    assert send_all(resume(campaign)).state == "sent"
    assert len(postbox.emails) == 3


def test_server_that_ends_the_session_costs_no_attempt(
    subscribe: Subscribe, launched: Launch, postbox: Postbox
):
    async def busy(*_: Any) -> str:
        return "421 4.7.0 Too many connections"

    subscribe(3)
    campaign = prepared(launched())
    postbox.handle_MAIL = busy  # type: ignore[attr-defined]
    run_job(campaign)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 0)}
    assert campaign.server_failures == 1


def test_connection_that_breaks_after_the_email_leaves_it_uncertain(
    subscribe: Subscribe, launched: Launch, postbox: Postbox
):
    async def breaks(server: Any, *_: Any) -> str:
        server.transport.abort()
        return "250 taken"

    subscribe(1)
    campaign = prepared(launched())
    postbox.handle_DATA = breaks  # type: ignore[method-assign]
    send_all(campaign)
    row = Delivery.objects.get()
    assert (row.state, row.reason[:22]) == ("uncertain", "SMTPServerDisconnected")
    assert campaign.state == "sent"


def test_job_that_the_broker_delivers_twice_repeats_no_email(
    subscribe: Subscribe, launched: Launch, postbox: Postbox, interrupted: Any
):
    people = subscribe(60)
    campaign = prepared(launched())
    interrupted.append(lambda: run_job(campaign))
    run_job(campaign)
    assert readers(postbox) == {person.email: 1 for person in people}


def test_rest_waits_for_the_winning_subject(
    subscribe: Subscribe, launched: Launch, postbox: Postbox
):
    subscribe(50)
    campaign = prepared(launched(subject_b="Ten grams", test_share=20, test_hours=4))
    send_all(campaign, jobs=2)
    assert Counter(str(letter["Subject"]) for letter in postbox.emails) == {
        "Fly in the living room": 5, "Ten grams": 5,
    }  # fmt: skip
    assert states(campaign) == {"sent": 10, "queued": 40}
    campaign.links.update(clicks_a=1, clicks_b=2)
    scheduler.keep_sending(campaign)
    assert campaign.winner == ""  # not over yet
    Campaign.objects.update(started_at=timezone.now() - timedelta(hours=4))
    campaign.refresh_from_db()
    scheduler.keep_sending(campaign)
    assert campaign.winner == "b"
    assert send_all(campaign).state == "sent"
    assert Counter(str(letter["Subject"]) for letter in postbox.emails) == {
        "Fly in the living room": 5, "Ten grams": 45,
    }  # fmt: skip


def test_first_subject_wins_a_tie(subscribe: Subscribe, launched: Launch, postbox: Postbox):
    subscribe(20)
    campaign = prepared(launched(subject_b="Ten grams", test_share=50))
    Campaign.objects.update(started_at=timezone.now() - timedelta(hours=4))
    campaign.refresh_from_db()
    scheduler.keep_sending(campaign)
    assert campaign.winner == "a"


def test_limited_campaign_waits_for_redis(
    subscribe: Subscribe,
    launched: Launch,
    postbox: Postbox,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(worker, "JOB_SECONDS", 1.5)  # as in production: shorter than the wait
    subscribe(3)
    campaign = prepared(launched())
    settings.NEWSLETTER_RATE, settings.REDIS_URL = 100, "redis://127.0.0.1:1/0"
    run_job(campaign)
    assert (postbox.emails, states(campaign)) == ([], {"queued": 3})
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
