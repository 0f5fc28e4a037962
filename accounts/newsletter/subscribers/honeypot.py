"""Detects bots by a hidden field and the age of the form."""

import time
from collections.abc import Mapping
from functools import lru_cache

from django.core import signing

#: A form that comes back sooner (seconds) was not filled in by hand.
MIN_AGE = 2
#: The field that people do not see. Not a name that browsers fill in automatically.
FIELD = "letterhead"
_SIGNER = signing.Signer(salt="newsletter-stamp")


def stamp() -> str:
    """Return when a form was made, signed, for a hidden field."""
    return _signed(int(time.time()))


@lru_cache(maxsize=2)
def _signed(second: int) -> str:
    return _SIGNER.sign(str(second))


def is_bot(data: Mapping[str, str]) -> bool:
    """Return whether a form was sent by a bot: the hidden field is filled in, or the form was
    submitted too fast or without our stamp. Bots get the usual response; nothing is stored."""
    if data.get(FIELD):
        return True
    try:
        made = int(_SIGNER.unsign(data.get("stamp", "")[:100]))
    except signing.BadSignature:
        return True
    return time.time() - made < MIN_AGE
