"""The rate limit in Redis, with a clock set by the test."""

from itertools import accumulate
from typing import Any

import pytest

from accounts.newsletter.campaigns import rate_limit as rate

NOON = 1_800_000_000.0  # seconds


@pytest.fixture(autouse=True)
def _one_client(settings: Any, _empty_cache: None) -> None:
    rate._client.cache_clear()
    rate._client(settings.REDIS_URL).delete("newsletter:rate:1", "newsletter:rate:3600")


def test_no_limits_need_no_redis(settings: Any):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert rate.request(50) == rate.Grant(50)


def test_rate_holds_in_every_second(settings: Any):
    # Mutation: slots forgotten two too early let 20 leave in a second.
    settings.NEWSLETTER_RATE = 10
    asked = [NOON + n / 100 for n in range(1_000)]  # ten seconds, a hundred times each
    granted = [(at, rate.request(3, now=at).count) for at in asked]
    for start in asked:
        assert sum(n for at, n in granted if start <= at < start + 1) <= 10
    assert sum(n for _, n in granted) >= 90  # and hardly less


def test_workers_share_the_rate(settings: Any):
    settings.NEWSLETTER_RATE = 10
    assert [rate.request(4, now=NOON).count for _ in range(4)] == [4, 4, 2, 0]
    assert rate.request(4, now=NOON).wait == pytest.approx(1.05)
    assert rate.request(4, now=NOON + 1.05).count == 4


def test_provider_window_holds_with_rate(settings: Any):
    settings.NEWSLETTER_RATE = 100
    settings.NEWSLETTER_WINDOW_EMAILS, settings.NEWSLETTER_WINDOW_SECONDS = 250, 3600
    granted = [rate.request(100, now=NOON + 2 * n).count for n in range(5)]
    assert list(accumulate(granted)) == [100, 200, 250, 250, 250]
    refused = rate.request(1, now=NOON + 1800)
    assert (refused.count, refused.wait) == (0, pytest.approx(1980))
    assert rate.request(100, now=NOON + 1800 + refused.wait).count == 100


def test_rejected_grant_counts_against_no_limit(settings: Any):
    settings.NEWSLETTER_RATE = 5
    settings.NEWSLETTER_WINDOW_EMAILS, settings.NEWSLETTER_WINDOW_SECONDS = 3, 3600
    assert rate.request(5, now=NOON).count == 3
    assert rate.request(5, now=NOON).count == 0
    settings.NEWSLETTER_WINDOW_EMAILS = 0
    assert rate.request(5, now=NOON).count == 2


def test_nothing_is_granted_without_redis(settings: Any):
    settings.NEWSLETTER_RATE, settings.REDIS_URL = 10, "redis://127.0.0.1:1/0"
    assert rate.request(50) == rate.Grant(0, rate.RETRY_AFTER)
