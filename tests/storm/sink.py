"""A mail server that keeps the Message-ID of every letter that comes, one a line."""

import email
import threading
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.engines.postgres import free_port


class Sink:
    """Takes every letter. While `refuses`, it answers as an overloaded server does."""

    def __init__(self, kept: Path) -> None:
        self.port, self.kept = free_port(), kept
        kept.touch()
        self.refuses = False
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep one letter (aiosmtpd's name for it)."""
        if self.refuses:
            return "451 4.3.2 Too busy, try again later"
        letter = email.message_from_bytes(envelope.content)
        with self._lock, self.kept.open("a") as kept:
            kept.write(f"{letter['Message-ID']}\n")
        return "250 OK"

    def start(self) -> None:
        """Listen on the port, in a thread."""
        self._controller.start()

    def stop(self) -> None:
        """Hang up."""
        self._controller.stop()
