"""A small load generator: a fixed number of clients request one page for a short time."""

import http.client
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a burst."""

    pages: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Return the pages with status 200 in a second."""
        return self.pages / self.seconds


def _client(url: str, until: float, counts: list[int]) -> None:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    done = 0
    while time.perf_counter() < until:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        connection.request("GET", target)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{url} answered {answer.status}")
        done += 1
    counts.append(done)


def burst(url: str, *, clients: int = 4, seconds: float = 2.0) -> Load:
    """Request `url` from several clients at once. Raises RuntimeError if one of them failed."""
    counts: list[int] = []
    start = time.perf_counter()
    threads = [
        threading.Thread(target=_client, args=(url, start + seconds, counts))
        for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) < clients:
        raise RuntimeError(f"{clients - len(counts)} of {clients} clients failed at {url}")
    return Load(pages=sum(counts), seconds=time.perf_counter() - start)
