"""How many emails may be sent now. Redis counts them for all workers and machines."""

import logging
from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

#: Seconds until a worker retries while Redis is down. Nothing is sent meanwhile: a guess could
#: exceed the provider's limit, and the broker is down as well.
RETRY_AFTER = 5.0
#: Each period is counted in this many slots.
SLOTS = 20

# Grants are counted in slots of each period; a slot counts until the last moment in it is a whole
# period ago. So in no period, wherever it starts, more is granted than its limit. A token
# bucket would grant twice the limit in the first period.
_SCRIPT = """
local now, granted, wait = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local slots, places = tonumber(ARGV[3]), {}
for i, key in ipairs(KEYS) do
  local limit, width = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i]) / slots
  local this, used, oldest = math.floor(now / width), 0, nil
  local counted = redis.call('HGETALL', key)
  for j = 1, #counted, 2 do
    local slot = tonumber(counted[j])
    if slot < this - slots then
      redis.call('HDEL', key, counted[j])
    else
      used = used + tonumber(counted[j + 1])
      if not oldest or slot < oldest then oldest = slot end
    end
  end
  granted = math.min(granted, limit - used)
  if limit - used < 1 then
    wait = math.max(wait, ((oldest or this) + slots + 1) * width - now)
  end
  places[i] = {key, this, width}
end
if granted < 1 then return {0, tostring(wait)} end
for _, place in ipairs(places) do
  redis.call('HINCRBY', place[1], string.format('%d', place[2]), granted)
  redis.call('EXPIRE', place[1], math.ceil(place[3] * slots * 2) + 60)
end
return {granted, '0'}
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """The number of emails that may be sent now; if 0, how many seconds to wait."""

    count: int
    wait: float = 0.0


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1)


def limits() -> list[tuple[int, int]]:
    """Return the limits as (emails, seconds)."""
    found = [
        (settings.NEWSLETTER_RATE, 1),
        (settings.NEWSLETTER_WINDOW_EMAILS, settings.NEWSLETTER_WINDOW_SECONDS),
    ]
    return [(emails, seconds) for emails, seconds in found if emails > 0]


def request(wanted: int, *, now: float | None = None) -> Grant:
    """Return how many of `wanted` emails may be sent now. Unused grants are lost.

    `now` is for tests, in seconds; all workers use the clock of Redis.
    """
    if not (current := limits()):
        return Grant(wanted)
    keys = [f"newsletter:rate:{seconds}" for _, seconds in current]
    numbers = [number for limit in current for number in limit]
    try:
        granted, wait = _client(settings.REDIS_URL).eval(
            _SCRIPT, len(keys), *keys, "" if now is None else now, wanted, SLOTS, *numbers
        )
    except (redis.RedisError, OSError) as problem:
        logger.warning("newsletter: Redis is down (%s), nothing is sent", type(problem).__name__)
        return Grant(0, RETRY_AFTER)
    return Grant(int(granted), float(wait))
