"""Prints the p95 of CPU time, in milliseconds, of lists and searches: name, number, empty limit.

Runs in its own process, with the environment of the measured shop and without the page cache. CPU
time of the web process and time in the database are added, as a machine with other work has no
steady clock.
"""

import time
from collections.abc import Callable, Iterator
from statistics import quantiles

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from catalog import listing_index  # noqa: E402
from catalog.models import Category, Product  # noqa: E402

ROUNDS = 60
SEARCHES = ("motor", "propeller", "receiver", "cell", "carbon rod", "magnet")


def _urls() -> dict[str, Iterator[str]]:
    """Return URLs by what they measure, each with another limit, so that no page is kept."""
    numbers = range(ROUNDS)
    top = Category.objects.get(slug="micro-rc-gear").get_absolute_url()
    last = listing_index.current().everything.bit_count() // 24
    facets = "in_stock=1&a.weight.to=9{0}&price.to=9{0}"
    return {
        "search with three facets": (
            f"/search/?q={SEARCHES[n % len(SEARCHES)]}&" + facets.format(n) for n in numbers
        ),
        "search": (f"/search/?q={SEARCHES[n % len(SEARCHES)]}+-x{n}" for n in numbers),
        "category": (f"{top}?x={n}" for n in numbers),
        "category with three facets": (f"{top}?{facets.format(n)}" for n in numbers),
        "last pages": (f"/catalogue/?sort=price&page={last - n % 10}" for n in numbers),
    }


def _p95(ask: Callable[[str], float], urls: Iterator[str]) -> float:
    found = [ask(url) for url in urls]
    return quantiles(found[len(SEARCHES) :], n=20)[-1]  # after a first round to warm up


_visitor = Client(SERVER_NAME="127.0.0.1")  # one, as each loads the middleware once


def _milliseconds(url: str) -> float:
    with CaptureQueriesContext(connection) as asked:
        start = time.process_time()
        status = _visitor.get(url).status_code
        spent = time.process_time() - start
    if status != 200:
        raise SystemExit(f"{status}: {url}")
    return spent * 1000 + sum(float(query["time"]) for query in asked.captured_queries) * 1000


def main() -> None:
    """Print all lines."""
    with override_settings(PAGE_CACHE_SECONDS=0):
        start = time.process_time()
        listing_index.current()
        read = (time.process_time() - start) * 1000
        size = Product.objects.browsable().count()
        print(f"lists of {size}: read the index\t{read:.1f}\t")  # noqa: T201
        for name, urls in _urls().items():
            print(f"lists of {size}: {name}\t{_p95(_milliseconds, urls):.2f}\t")  # noqa: T201


if __name__ == "__main__":
    main()
