"""What the shop does with policies and notices."""

from django.core.cache import cache
from django.utils import timezone

from policies.models import Notice

NOTICES_KEY = "policies:notices"
NOTICES_SECONDS = 60


def current_notices() -> list[Notice]:
    """Return the notices that hold now, newest first; read at most once a minute."""
    notices = cache.get(NOTICES_KEY)
    if notices is None:
        notices = list(Notice.objects.holding_at(timezone.now()))
        cache.set(NOTICES_KEY, notices, NOTICES_SECONDS)
    return notices


def forget_notices() -> None:
    """Let the next page read the notices again."""
    cache.delete(NOTICES_KEY)
