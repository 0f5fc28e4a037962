"""Removes secrets and card numbers from logs, and tracebacks of what was only rejected."""

import copy
import logging
import re
from urllib.parse import unquote_plus

from microflight.core.card_numbers import has_card_number, redact_card_numbers

#: URLs that grant access by a secret at their end, also percent-encoded in another URL's query, and
#: secrets in queries. deploy/nginx.conf repeats them.
_SECRET_LINK = re.compile(
    r"((?:/|%2F)(?:(?:orders|order-form)(?:/|%2F)[\w-]+|checkout(?:/|%2F)(?:retry|change)(?:/|%2F)[\w-]+"
    r"|account(?:/|%2F)(?:password(?:/|%2F)reset(?:/|%2F)key|confirm-email|invitation(?:/|%2F)[0-9]+)"
    r"|newsletter(?:/|%2F)(?:confirm|leave|unsubscribe|preferences|view)"
    r"|(?:back-in-stock|saved-searches)(?:/|%2F)(?:confirm|end)|wish-lists(?:/|%2F)shared|delays)(?:/|%2F))(?:(?!/|%2F|[?&#\"'])\S)+"
    r"|([?&][\w-]*(?:secret|token|key|password)=)[^&\s\"']+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return a text without the secrets of its links and without card numbers."""
    text = _SECRET_LINK.sub(lambda found: f"{found[1] or found[2]}…", text)
    decoded = unquote_plus(text)  # "4242+4242" and "4242%204242" in a query
    return redact_card_numbers(decoded) if has_card_number(decoded) else text


class RedactingFormatter(logging.Formatter):
    """Formats a line without the secrets of links and without card numbers."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with its traceback if there is one.

        Django logs the traceback of every 403 and 400; a rejected request is no fault of the code.
        """
        if 400 <= getattr(record, "status_code", 500) < 500:
            record = copy.copy(record)
            record.exc_info = record.exc_text = None
        return redact(super().format(record))
