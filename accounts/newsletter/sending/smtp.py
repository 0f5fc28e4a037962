"""Talking SMTP so that a killed worker leaves a trace of what it handed over."""

import re
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from accounts.newsletter.sending.journal import Journal

_DOT_FIRST = re.compile(rb"^\.", re.MULTILINE)
_CORK = getattr(socket, "TCP_CORK", None)  # Linux


@contextmanager
def _corked(sock: socket.socket) -> Iterator[None]:
    """Let the kernel take what is sent, and pass it on at the end of the block.

    It does so at the end of the process as well. Sending then wakes nobody, so that nothing comes
    between the dot and the line about it in the journal: a few microseconds.
    """
    if _CORK is None:
        yield
        return
    sock.setsockopt(socket.IPPROTO_TCP, _CORK, 1)
    try:
        yield
    finally:
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, _CORK, 0)


class _Careful:
    """Mixed into smtplib's classes: DATA with the last dot by itself."""

    def hand_over(self: Any, content: bytes, pk: int, journal: Journal) -> tuple[int, bytes]:
        """Send a letter with CRLF ends; return the server's answer to its dot."""
        self.putcmd("data")
        code, answer = self.getreply()
        if code != 354:
            return code, answer
        with _corked(self.sock):
            self.sock.sendall(_DOT_FIRST.sub(b"..", content))
            journal.about(pk)
            self.sock.sendall(b".\r\n")
            journal.gone(pk)
        return self.getreply()


class CarefulSMTP(_Careful, smtplib.SMTP):
    """In the clear, or with STARTTLS."""


class CarefulSMTPS(_Careful, smtplib.SMTP_SSL):
    """TLS from the first byte."""


class CarefulBackend(EmailBackend):
    """Django's own way to a mail server, with our connections."""

    @property
    def connection_class(self) -> Any:
        """Return what speaks with the server."""
        return CarefulSMTPS if self.use_ssl else CarefulSMTP
