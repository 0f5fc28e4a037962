"""Removes secrets from logs."""

import logging
import re

#: URLs that grant access by a secret at their end.
_SECRET_LINK = re.compile(
    r"(/orders/[\w-]+/|/checkout/(?:retry|change)/[\w-]+/"
    r"|/account/(?:password/reset/key|confirm-email)/"
    r"|/newsletter/(?:confirm|leave|unsubscribe|preferences|view)/)[^/\s]+"
)


class RedactingFormatter(logging.Formatter):
    """Formats a line without the secrets of links."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with its traceback if there is one."""
        return _SECRET_LINK.sub(r"\1…", super().format(record))
