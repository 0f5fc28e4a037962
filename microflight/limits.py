"""How often one visitor may do something that costs us or reveals something."""

from django.core.cache import cache
from django.http import HttpRequest


def within_limit(request: HttpRequest, what: str, *, most: int, seconds: int) -> bool:
    """Count one more try of `what` by this address; False beyond `most` within `seconds`."""
    key = f"limit:{what}:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) <= most
    except ValueError:  # it ran out between the two calls
        return True
