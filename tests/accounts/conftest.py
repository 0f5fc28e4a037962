"""A mail server that listens on loopback, and rows to send through it."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.users.models import User


class Postbox:
    """An SMTP server's memory; `answer` set to an error code refuses what comes."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answer = "250 taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer

    @property
    def letters(self) -> list[EmailMessage]:
        """What arrived, parsed, in order."""
        found: Any = [message_from_bytes(e.content, policy=policy.default) for e in self.envelopes]
        return found


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """A running mail server that the shop's mail goes to."""
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "", False, False
    yield box
    server.stop()


@pytest.fixture
def welcome(alice: User) -> Message:
    """A waiting row: Alice's welcome."""
    return outbox.add(
        "welcome", subject_id=f"user:{alice.pk}", to=alice.email, data={"user": alice.pk}
    )
