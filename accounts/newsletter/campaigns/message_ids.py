"""The Message-ID of a delivery: the same at every attempt, and impossible to guess."""

import re

from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "newsletter.delivery"
_DOMAIN = "plantraco.com"
_FORM = re.compile(rf"<?nl-(\d{{1,18}})-([0-9a-f]{{10}})@{re.escape(_DOMAIN)}>?")


def _signature(pk: int) -> str:
    return salted_hmac(_SALT, str(pk)).hexdigest()[:10]


def message_id_of(pk: int) -> str:
    """Return the Message-ID of a delivery, with its angle brackets."""
    return f"<nl-{pk}-{_signature(pk)}@{_DOMAIN}>"


def delivery_of(message_id: str) -> int | None:
    """Return the key of the delivery that a Message-ID names; None: not ours, or forged."""
    match = _FORM.fullmatch(message_id.strip())
    if match is None or not constant_time_compare(match[2], _signature(int(match[1]))):
        return None
    return int(match[1])
