"""How often somebody may do something that costs us or reveals something."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def within_limit(what: str, *, who: str, most: int, seconds: int) -> bool:
    """Count one more try of `what` by `who`; False beyond `most` within `seconds`."""
    key = f"limit:{what}:{who}"
    if cache.add(key, 1, seconds):  # most often: the first try
        return most > 0
    try:
        return cache.incr(key) <= most
    except ValueError:  # it ran out between the two calls
        return True


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's network address: what our own proxy says, where there is one.

    A proxy adds the address it sees as the last one; what stands before it may be invented.
    """
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    return str(request.META.get("REMOTE_ADDR", ""))
