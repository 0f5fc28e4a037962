"""Concurrent requests for one address, on real database connections."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.newsletter.models import (
    Campaign,
    Consent,
    Source,
    Subscriber,
    SubscriberEvent,
    Suppression,
    Topic,
)
from accounts.newsletter.subscribers import subscriptions, topics
from accounts.newsletter.subscribers.links import confirm_url
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import unsubscribe
from tests.accounts.newsletter.people import DANA, outbox_rows, subscriber

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _several_connections() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time on SQLite; PostgreSQL shows it")
    topics.load()


def at_once(*jobs: Callable[[], Any]) -> list[str]:
    """Run jobs in threads, all let go at the same moment; return the names of what they raised."""
    gate = threading.Barrier(len(jobs))
    raised: list[str] = []

    def run(job: Callable[[], Any]) -> None:
        try:
            gate.wait()
            job()
        except Exception as problem:
            raised.append(type(problem).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(raised)


def ask() -> None:
    subscriptions.sign_up(
        DANA, topics=topics.DEFAULT_SLUGS, source=Source.BOX, text="Send me letters."
    )


def token() -> str:
    return confirm_url(Consent.objects.latest("pk").pk).rstrip("/").rpartition("/")[2]


def confirm(link: str) -> Callable[[], Subscriber]:
    return lambda: subscriptions.confirm(link, fingerprint="")


def test_concurrent_sign_ups_create_one_subscriber() -> None:
    assert at_once(*[ask] * 8) == []
    assert Subscriber.objects.count() == 1
    assert outbox_rows() == [("newsletter-confirm", DANA)] * 3
    assert Consent.objects.count() == 3


def test_concurrent_confirmations_subscribe_once() -> None:
    ask()
    assert at_once(*[confirm(token())] * 8) == []
    assert Subscriber.objects.get().state == SubscriberState.ACTIVE
    assert SubscriberEvent.objects.filter(what="subscribed").count() == 1


def test_unsubscribe_wins_over_concurrent_confirmation() -> None:
    for _ in range(10):
        reset_shop()
        dana, link = Subscriber.objects.get(), token()
        raised = at_once(confirm(link), lambda who=dana: unsubscribe(who, how="link"))
        assert raised in ([], ["NoLongerOpen"])
        assert Subscriber.objects.get().state == SubscriberState.UNSUBSCRIBED
        assert Suppression.objects.count() == 1
        assert not Consent.objects.filter(withdrawn_at=None).exists()


def reset_shop() -> None:
    from django.core.cache import cache

    cache.clear()
    for model in (Suppression, Consent, Subscriber):
        model.objects.all().delete()
    ask()


def test_concurrent_unsubscribes_count_once() -> None:
    dana = subscriber(DANA)
    spring = Campaign.objects.create(
        title="Spring", slug="spring", subject="Spring", topic=Topic.objects.get(slug="sales")
    )
    unsubscribed: list[bool] = []

    def job() -> None:
        done = unsubscribe(dana_again(dana), how="link", campaign_key=spring.key)
        unsubscribed.append(done)

    assert at_once(*[job] * 8) == []
    assert sorted(unsubscribed) == [False] * 7 + [True]
    assert SubscriberEvent.objects.count() == 1
    assert Campaign.objects.get().unsubscribed == 1


def dana_again(dana: Subscriber) -> Subscriber:
    return Subscriber.objects.get(pk=dana.pk)
