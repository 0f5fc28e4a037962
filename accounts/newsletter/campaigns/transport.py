"""Sends one email over Django's email connection, kept open, and returns the result."""

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from django.core.mail import BadHeaderError, EmailMessage, get_connection

from accounts.newsletter.campaigns.models import DeliveryState

#: Replies of a provider's API that promise that nothing was accepted: too many requests,
#: unavailable. Any other 5xx may come from a gateway after the email was accepted.
_NOT_ACCEPTED = {429, 503}


class ServerUnavailable(Exception):
    """The mail server is unavailable or rejects connections. Nothing was handed over."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one email: sent, to be tried again (queued), failed or uncertain."""

    state: DeliveryState
    reason: str = ""
    attempted: bool = True  # the server was asked
    refused_recipient: bool = False  # the recipient's server refused the address


class Transport:
    """One connection to the mail server or provider, opened when it is needed."""

    def __enter__(self) -> Self:
        self._connection: Any = get_connection()
        return self

    def __exit__(self, *_: Any) -> None:
        self._close()

    def open(self) -> None:
        """Connect, unless connected already. Raises ServerUnavailable."""
        try:
            self._connection.open()
        except (OSError, smtplib.SMTPException) as error:
            self._close()
            raise ServerUnavailable(_describe(error)) from error

    def send(self, email: EmailMessage) -> Result:
        """Send one email. Raises ServerUnavailable where nothing was handed over."""
        try:
            accepted = self._connection.send_messages([email])
        except smtplib.SMTPRecipientsRefused as error:
            return _refused(*next(iter(error.recipients.values())), recipient=True)
        except smtplib.SMTPResponseException as error:
            reply = _refused(error.smtp_code, error.smtp_error)
            # the server ends the session before it saw the email
            if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code == 421:
                self._close()
                raise ServerUnavailable(reply.reason) from error
            return reply
        except (BadHeaderError, UnicodeError) as error:  # cannot be written: nothing was sent
            return Result(DeliveryState.FAILED, _describe(error))
        except Exception as error:  # each provider has its own
            self._close()
            return _api_error(error)
        if not accepted:
            return Result(DeliveryState.FAILED, "the provider did not accept it")
        return Result(DeliveryState.SENT)

    def _close(self) -> None:
        with suppress(Exception):
            self._connection.close()
        self._connection = get_connection()


def _refused(code: int, answer: bytes | str, *, recipient: bool = False) -> Result:
    """Return what an SMTP reply means: 4xx is temporary, 5xx permanent."""
    state = DeliveryState.QUEUED if code < 500 else DeliveryState.FAILED
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return Result(state, f"{code} {text}"[:200], refused_recipient=recipient)


def _api_error(error: Exception) -> Result:
    """Return what another error means. Without a reply of the provider it is uncertain: the
    connection may have broken after the email was accepted."""
    status = getattr(error, "status_code", None)
    if status in _NOT_ACCEPTED:
        state = DeliveryState.QUEUED
    elif status is not None and 400 <= status < 500:
        state = DeliveryState.FAILED
    else:
        state = DeliveryState.UNCERTAIN
    return Result(state, _describe(error))


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
