"""A mail server in a process of its own, which writes down each email that it has taken.

`python -m tests.accounts.newsletter.campaigns.mail_sink PORT LOG` writes one line for each email:
Message-ID and recipient. An email that came whole is accepted, even if its sender is dead by then.
"""

import asyncio
import logging
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from tests.engines.postgres import free_port

_ID = re.compile(rb"^message-id: *(\S+)", re.IGNORECASE | re.MULTILINE)


class _Handler:
    def __init__(self, log: Path) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = _ID.search(envelope.content)
        name = found[1] if found else b"-"
        os.write(self._log, name + b" " + envelope.rcpt_tos[0].encode() + b"\n")
        return "250 taken"


async def _serve(port: int, log: Path) -> None:
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    handler, loop = _Handler(log), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", port)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    await server.serve_forever()


class Sink:
    """The server as a test sees it."""

    def __init__(self, log: Path) -> None:
        self.log, self.port = log, free_port()

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Return Message-ID and reader of each email, in order."""
        if not self.log.exists():
            return []
        whole = self.log.read_text().split("\n")[:-1]
        return [(line.split(" ")[0], line.split(" ")[1]) for line in whole]

    @property
    def count(self) -> int:
        """Return how many emails came."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    @property
    def readers(self) -> Counter[str]:
        """Return how many emails each reader got."""
        return Counter(reader for _, reader in self.lines)


@contextmanager
def running_sink(log: Path) -> Iterator[Sink]:
    """Run a sink until the end of the block."""
    sink = Sink(log)
    command = [sys.executable, "-m", __name__, str(sink.port), str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield sink
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
