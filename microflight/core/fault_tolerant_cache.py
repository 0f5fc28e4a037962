"""A Redis cache that may be away: the shop goes on without it, only slower."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
AWAY = 2  # seconds without asking a server that did not answer


class OneClient(RedisCacheClient):
    """Keeps its clients: making one for each question costs more than the question."""

    # Django's own, which its type stubs leave out
    _client: Callable[..., Any]
    _get_connection_pool: Callable[[bool], Any]
    _get_connection_pool_index: Callable[[bool], int]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clients: dict[int, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client of the server that answers; it takes connections from the pool."""
        index = self._get_connection_pool_index(write)
        if index not in self._clients:
            self._clients[index] = self._client(connection_pool=self._get_connection_pool(write))
        return self._clients[index]


class FaultTolerantRedisCache(RedisCache):
    """Behaves like an empty cache while the server does not answer.

    What must not be lost is in the database (sessions are). Counted limits, such as log-ins in a
    minute, do not hold in that time.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._class = OneClient
        self._away_until = 0.0  # on the monotonic clock

    def _ask(
        self, verb: Callable[..., Any], otherwise: Any, *arguments: Any, **options: Any
    ) -> Any:
        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return verb(*arguments, **options)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + AWAY
            log.warning("cache: %s; going on without it for %s s", error, AWAY)
            return otherwise

    def add(self, key: str, *arguments: Any, **options: Any) -> bool:
        """Set a value where there is none; without a server every visitor is the first."""
        return self._ask(super().add, True, key, *arguments, **options)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return a value, or the default."""
        return self._ask(super().get, default, key, default, version)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """Return those values that are there."""
        return self._ask(super().get_many, {}, keys, version)

    def set(self, key: str, *arguments: Any, **options: Any) -> None:
        """Set a value."""
        self._ask(super().set, None, key, *arguments, **options)

    def set_many(self, *arguments: Any, **options: Any) -> list[str]:
        """Set values; return the keys that failed, as Redis does: none."""
        return self._ask(super().set_many, [], *arguments, **options)

    def touch(self, *arguments: Any, **options: Any) -> bool:
        """Give a value more time; tell whether it was there."""
        return self._ask(super().touch, False, *arguments, **options)

    def delete(self, *arguments: Any, **options: Any) -> bool:
        """Take a value out; tell whether it was there."""
        return self._ask(super().delete, False, *arguments, **options)

    def delete_many(self, *arguments: Any, **options: Any) -> None:
        """Take values out."""
        self._ask(super().delete_many, None, *arguments, **options)

    def has_key(self, *arguments: Any, **options: Any) -> bool:
        """Tell whether a value is there."""
        return self._ask(super().has_key, False, *arguments, **options)

    def incr(self, key: str, *arguments: Any, **options: Any) -> int:
        """Count up. Raises ValueError where there is no such counter."""
        counted = self._ask(super().incr, None, key, *arguments, **options)
        if counted is None:
            raise ValueError(f"Key '{key}' not found")
        return int(counted)
