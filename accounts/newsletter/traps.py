"""What keeps robots out without a puzzle: a field that nobody sees, and a form's age."""

import time
from collections.abc import Mapping
from functools import lru_cache

from django.core import signing

#: A form that comes back sooner (seconds) was not filled in by hands.
LEAST_AGE = 2
#: The field that people do not see. Not a name that browsers fill in by themselves.
FIELD = "letterhead"
_SIGNER = signing.Signer(salt="newsletter-stamp")


def stamp() -> str:
    """Return when a form was made, signed, for a hidden field."""
    return _signed(int(time.time()))


@lru_cache(maxsize=2)
def _signed(second: int) -> str:
    return _SIGNER.sign(str(second))


def is_trapped(data: Mapping[str, str]) -> bool:
    """Tell whether a form was sent by a robot: it filled in the hidden field, came back at once,
    or without a stamp of ours. It gets the same answer as everybody, and nothing is written."""
    if data.get(FIELD):
        return True
    try:
        made = int(_SIGNER.unsign(data.get("stamp", "")[:100]))
    except signing.BadSignature:
        return True
    return time.time() - made < LEAST_AGE
