"""`/health/`: the health check for load balancers and monitors."""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache

logger = logging.getLogger(__name__)


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _cache() -> None:
    cache.set("health", get_random_string(8), 10)
    if cache.get("health") is None:  # another check may have written between the two
        raise ConnectionError("the cache did not store a value")


PATH = "/health/"


class HealthMiddleware:
    """Answers before host and HTTPS are checked: load balancers use an IP address and HTTP."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return health(request) if request.path_info == PATH else self.get_response(request)


PARTS: dict[str, Callable[[], None]] = {"database": _database, "cache": _cache}


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Return 200 if database and cache work, else 503 with the name of what is down.

    The reason is logged, not shown.
    """
    states = {}
    for name, check in PARTS.items():
        try:
            check()
            states[name] = "ok"
        except Exception:  # noqa: BLE001 (any error means that the part is down)
            logger.exception("health: %s is down", name)
            states[name] = "down"
    healthy = all(state == "ok" for state in states.values())
    return JsonResponse(
        {"status": "ok" if healthy else "down", **states}, status=200 if healthy else 503
    )
