"""What never stands in the log."""

import logging
import re

#: Addresses that open something to whoever holds them: all but the secret at the end.
_SECRET_LINK = re.compile(
    r"(/orders/[\w-]+/|/checkout/(?:retry|change)/[\w-]+/"
    r"|/account/(?:password/reset/key|confirm-email)/"
    r"|/newsletter/(?:confirm|leave|unsubscribe|preferences|view)/)[^/\s]+"
)


class RedactingFormatter(logging.Formatter):
    """Writes a line as ever, with the signature of a signed link left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback where there is one."""
        return _SECRET_LINK.sub(r"\1…", super().format(record))
