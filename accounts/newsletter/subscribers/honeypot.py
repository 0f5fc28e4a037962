"""Detects bots by a hidden field and the age of the form."""

import time
from collections.abc import Mapping
from functools import lru_cache

from django.core import signing

#: A form that comes back sooner (seconds) was hardly filled in by hand.
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
    """Return whether the hidden field is filled in, or the form does not have our stamp. Bots get
    the usual response; nothing is stored."""
    return bool(data.get(FIELD)) or _age(data) is None


def is_too_fast(data: Mapping[str, str]) -> bool:
    """Return whether a form came back sooner than a bot waits. People may be as fast, with a
    password manager: they are asked to submit it again."""
    age = _age(data)
    return age is not None and age < MIN_AGE


def _age(data: Mapping[str, str]) -> float | None:
    """Return the seconds since a form was made; None without our stamp."""
    try:
        return time.time() - int(_SIGNER.unsign(data.get("stamp", "")[:100]))
    except signing.BadSignature:
        return None
