"""Run code in several threads, each on its own database connection."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet


def run_concurrently(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in threads that start together, each on a connection of its own.

    Returns their results, or what they raised, in the order of the jobs.
    """
    results: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(place: int) -> None:
        start.wait()
        try:
            results[place] = jobs[place]()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def waiting_connections() -> int:
    """Return how many connections wait for a lock of PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def wait_until(condition: Callable[[], Any]) -> None:
    """Return once the condition is true; fail after 20 seconds."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.01)


def run_behind(rows: QuerySet[Any], *jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs while these rows are locked, each once the one before it waits for a lock, and
    free the rows when all wait. Returns their results, or what they raised.
    """
    results: list[Any] = [None] * len(jobs)

    def run(place: int) -> None:
        results[place] = run_concurrently(jobs[place])[0]

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    with transaction.atomic():
        list(rows.select_for_update())
        for number, thread in enumerate(threads, 1):
            thread.start()
            wait_until(lambda number=number: waiting_connections() >= number)
    for thread in threads:
        thread.join()
    return results
