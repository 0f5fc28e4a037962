"""Rate limits, and the IP address that they count by."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def within_limit(what: str, *, who: str, most: int, seconds: int) -> bool:
    """Count an attempt of `what` by `who`; return False beyond `most` within `seconds`."""
    key = f"limit:{what}:{who}"
    if cache.add(key, 1, seconds):  # usually the first attempt
        return most > 0
    try:
        return cache.incr(key) <= most
    except ValueError:  # it expired between the two calls
        return True


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's IP address; behind a proxy, as the proxy reports it.

    A proxy appends the address that it sees; anything before it may be forged.
    """
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    return str(request.META.get("REMOTE_ADDR", ""))
