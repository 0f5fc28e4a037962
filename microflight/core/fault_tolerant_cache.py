"""A Redis cache that may be down: the shop works without it, only slower."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
RETRY_AFTER = 2  # seconds for which a server that did not respond is skipped


class ClientPool(RedisCacheClient):
    """Reuses its clients: creating one costs more than a request."""

    # Django's own, which its type stubs leave out
    _client: Callable[..., Any]
    _get_connection_pool: Callable[[bool], Any]
    _get_connection_pool_index: Callable[[bool], int]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clients: dict[int, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client of a server; it takes connections from the pool."""
        index = self._get_connection_pool_index(write)
        if index not in self._clients:
            self._clients[index] = self._client(connection_pool=self._get_connection_pool(write))
        return self._clients[index]


class FaultTolerantRedisCache(RedisCache):
    """Behaves like an empty cache while the server does not respond.

    Nothing in it may be lost: sessions are in the database. Rate limits, such as logins per
    minute, do not apply in that time.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._class = ClientPool
        self._down_until = 0.0  # on the monotonic clock

    def _call(
        self, method: Callable[..., Any], default: Any, *arguments: Any, **options: Any
    ) -> Any:
        if time.monotonic() < self._down_until:
            return default
        try:
            return method(*arguments, **options)
        except (RedisError, OSError) as error:
            self._down_until = time.monotonic() + RETRY_AFTER
            logger.warning("cache: %s; skipped for %s s", error, RETRY_AFTER)
            return default

    def add(self, key: str, *arguments: Any, **options: Any) -> bool:
        """Set a value if there is none; without a server there never is one."""
        return self._call(super().add, True, key, *arguments, **options)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return a value, or the default."""
        return self._call(super().get, default, key, default, version)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """Return the values that exist."""
        return self._call(super().get_many, {}, keys, version)

    def set(self, key: str, *arguments: Any, **options: Any) -> None:
        """Set a value."""
        self._call(super().set, None, key, *arguments, **options)

    def set_many(self, *arguments: Any, **options: Any) -> list[str]:
        """Set values; return the keys that failed, as Redis does: none."""
        return self._call(super().set_many, [], *arguments, **options)

    def touch(self, *arguments: Any, **options: Any) -> bool:
        """Extend a value's lifetime; return whether it existed."""
        return self._call(super().touch, False, *arguments, **options)

    def delete(self, *arguments: Any, **options: Any) -> bool:
        """Delete a value; return whether it existed."""
        return self._call(super().delete, False, *arguments, **options)

    def delete_many(self, *arguments: Any, **options: Any) -> None:
        """Delete values."""
        self._call(super().delete_many, None, *arguments, **options)

    def has_key(self, *arguments: Any, **options: Any) -> bool:
        """Return whether a value exists."""
        return self._call(super().has_key, False, *arguments, **options)

    def incr(self, key: str, *arguments: Any, **options: Any) -> int:
        """Increment a counter. Raises ValueError if it does not exist."""
        counted = self._call(super().incr, None, key, *arguments, **options)
        if counted is None:
            raise ValueError(f"Key '{key}' not found")
        return int(counted)
