"""A mail server that stores the Message-ID of every email, one per line."""

import email
import threading
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.engines.postgres import free_port


class MailServer:
    """Accepts every email. While `refuses`, it answers like an overloaded server."""

    def __init__(self, kept: Path) -> None:
        self.port, self.kept = free_port(), kept
        kept.touch()
        self.refuses = False
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Store one email; aiosmtpd calls this."""
        if self.refuses:
            return "451 4.3.2 Too busy, try again later"
        message = email.message_from_bytes(envelope.content)
        with self._lock, self.kept.open("a") as kept:
            kept.write(f"{message['Message-ID']}\n")
        return "250 OK"

    def start(self) -> None:
        """Listen on the port, in a thread."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()
