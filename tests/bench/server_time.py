"""The server time of pages: processor time of this process and of its database backend.

Unlike the clock, it hardly varies on a busy machine. Run with the shop's settings.
"""

import math
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client


def _backend() -> Path:
    """Return the file with the processor time of our PostgreSQL backend, in nanoseconds (Linux)."""
    with connection.cursor() as cursor:
        # workers would run in other processes
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return Path(f"/proc/{pid}/schedstat")


def milliseconds(
    urls: Iterable[str],
    ask: Callable[[str], Any] | None = None,
    statuses: Collection[int] = (200,),
) -> list[float]:
    """Return the server time of one request of each URL; raises RuntimeError for other statuses.

    `ask` requests a URL in another way. Runs two statements of its own.
    """
    client, backend = Client(SERVER_NAME="127.0.0.1"), _backend()

    def spent() -> float:
        return time.process_time() + int(backend.read_text().split()[0]) / 1e9

    times = []
    for url in urls:
        start = spent()
        response = (ask or client.get)(url)
        times.append(1000 * (spent() - start))
        if response.status_code not in statuses:
            raise RuntimeError(f"{url} answered {response.status_code}")
    return times


def p95(times: Iterable[float]) -> float:
    """Return the 95th percentile: 95 % of the values are at most this."""
    ordered = sorted(times)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]
