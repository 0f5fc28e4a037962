"""Writing deliveries: one per subscriber, whatever happens meanwhile."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.newsletter.campaigns import preparation as preparing
from accounts.newsletter.campaigns.models import CampaignState
from accounts.newsletter.models import Campaign, Delivery, Subscriber, Topic
from accounts.newsletter.subscribers.models import SubscriberState

Launch = Callable[..., Campaign]
Subscribe = Callable[[int], list[Subscriber]]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: Any) -> None:
    monkeypatch.setattr(preparing, "BATCH", 4)


def written(campaign: Campaign) -> list[int]:
    rows = Delivery.objects.filter(campaign=campaign).order_by("pk")
    return list(rows.values_list("subscriber_id", flat=True))


def test_audience_gets_one_delivery_each(subscribe: Subscribe, launched: Launch):
    people = subscribe(15)
    tomorrow = timezone.localdate() + timedelta(days=1)
    Subscriber.objects.filter(pk=people[2].pk).update(state=SubscriberState.UNSUBSCRIBED)
    Subscriber.objects.filter(pk=people[7].pk).update(paused_until=tomorrow)
    people[11].topics.clear()
    campaign = launched(state=CampaignState.PREPARING)
    subscribe(3)  # after the launch
    assert preparing.prepare(campaign.pk) is False
    wanted = [person.pk for n, person in enumerate(people) if n not in (2, 7, 11)]
    assert written(campaign) == wanted
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == ("sending", 12)
    assert campaign.prepared_until == campaign.audience_until == people[-1].pk
    assert Delivery.objects.filter(state="queued", variant="", claimed_by="").count() == 12


def test_preparation_resumes_and_is_idempotent(subscribe: Subscribe, launched: Launch):
    people = subscribe(10)
    campaign = launched(state=CampaignState.PREPARING)
    assert preparing.prepare(campaign.pk, batches=1) is True
    assert written(campaign) == [person.pk for person in people[:4]]
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == ("preparing", 4)
    assert preparing.prepare(campaign.pk) is False
    assert written(campaign) == [person.pk for person in people]

    Campaign.objects.update(state=CampaignState.PREPARING, prepared_until=0)  # the mark is lost
    preparing.prepare(campaign.pk)
    assert written(campaign) == [person.pk for person in people]
    campaign.refresh_from_db()
    assert campaign.total == 10


def test_failed_batch_leaves_no_deliveries(
    subscribe: Subscribe, launched: Launch, monkeypatch: Any
):
    subscribe(6)
    campaign = launched(state=CampaignState.PREPARING)

    def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Campaign, "save", dies)
    with pytest.raises(RuntimeError):
        preparing.prepare(campaign.pk)
    assert written(campaign) == []
    campaign.refresh_from_db()
    assert (campaign.prepared_until, campaign.total) == (0, 0)


def test_paused_campaign_is_not_prepared(subscribe: Subscribe, launched: Launch):
    subscribe(3)
    campaign = launched(state=CampaignState.PAUSED)
    assert preparing.prepare(campaign.pk) is False
    assert written(campaign) == []


def test_empty_audience_is_prepared(launched: Launch, topic: Topic):
    campaign = launched(state=CampaignState.PREPARING)
    assert preparing.prepare(campaign.pk) is False
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == ("sending", 0)


def test_ab_test_splits_exactly(subscribe: Subscribe, launched: Launch):
    # Mutation: with positions counted per batch, no one got a test subject.
    subscribe(100)
    campaign = launched(state=CampaignState.PREPARING, subject_b="Ten grams that fly")
    preparing.prepare(campaign.pk)
    variants = list(Delivery.objects.order_by("pk").values_list("variant", flat=True))
    assert Counter(variants) == {"a": 10, "b": 10, "": 80}
    assert [v for v in variants if v][:4] == ["a", "b", "a", "b"]


def test_ab_test_of_whole_audience_leaves_no_rest(subscribe: Subscribe, launched: Launch):
    subscribe(9)
    campaign = launched(state=CampaignState.PREPARING, subject_b="Ten grams", test_share=100)
    preparing.prepare(campaign.pk)
    assert Counter(Delivery.objects.values_list("variant", flat=True)) == {"a": 5, "b": 4}
