"""How many emails may be sent now. Redis counts them for all workers and machines."""

import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

#: Seconds until a worker retries while Redis is down. Nothing is sent meanwhile: a guess could
#: exceed the provider's limit, and the broker is down as well.
RETRY_AFTER = 5.0
#: Each period is counted in this many slots.
SLOTS = 20

_SCRIPT = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Grant:
    """The number of emails that may be sent now; if 0, how many seconds to wait."""

    count: int
    wait: float = 0.0


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1)


def request(wanted: int, *, now: float | None = None) -> Grant:
    """Return how many of `wanted` emails may be sent now. Unused grants are lost.

    `now` is for tests, in seconds; all workers use the clock of Redis.
    """
    both = [
        (settings.NEWSLETTER_RATE, 1),
        (settings.NEWSLETTER_WINDOW_EMAILS, settings.NEWSLETTER_WINDOW_SECONDS),
    ]
    limits = [limit for limit in both if limit[0] > 0]  # emails, seconds
    if not limits:
        return Grant(wanted)
    keys = [f"newsletter:rate:{seconds}" for _emails, seconds in limits]
    numbers = [number for limit in limits for number in limit]
    try:
        granted, wait = _client(settings.REDIS_URL).eval(
            _SCRIPT, len(keys), *keys, "" if now is None else now, wanted, SLOTS, *numbers
        )
    except (redis.RedisError, OSError) as problem:
        logger.warning("newsletter: Redis is down (%s), nothing is sent", type(problem).__name__)
        return Grant(0, RETRY_AFTER)
    return Grant(int(granted), float(wait))
