"""Prints server time and statements of every admin list at 20,000 products and 50,000 orders.

Prints lines of name, number, limit: each list, its search and the slowest of its filters, the
search box of the admin, and the start page. Runs in its own process, with the environment of the
measured shop.
"""

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import django

django.setup()

from django.contrib import admin  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.users.models import User  # noqa: E402
from tests.bench.admin_seed import seed  # noqa: E402
from tests.bench.server_time import milliseconds  # noqa: E402

LIMIT_MS, LIMIT_STATEMENTS, LIMIT_START_PAGE, ROUNDS = 300, 12, 15, 3
#: A page that takes longer needs a progress indicator. The charts are read every five minutes, here
#: of 50,000 orders in five weeks.
WITHOUT_PROGRESS_MS = 2_000
#: Searches of orders: 10,000 of one city, all of one name, a few, one, one mistyped, none.
SEARCHES = (
    "Halifax", "dana", "dana halifax", "Motor 77 mm", "Motor 777 mm", "motor", "B-1234", "S7K 1A1",
    "306 200 1234", "7035100000001234", "dana77@example.com", "Flyer 4321", "9000017", "#9000018",
    "zeppelin",
)  # fmt: skip
ORDERS, PRODUCTS = "/admin/order/order/", "/admin/catalogue/product/"
START = "/admin/"


class Result(NamedTuple):
    """Milliseconds and statements of a page."""

    spent: float
    statements: int


def _staff() -> User:
    name = "bench-staff@example.com"
    user = User.objects.filter(email=name).first()
    return user or User.objects.create_superuser(name, "bench-3.6-staff")


def _lists(user: User) -> Iterator[tuple[str, list[str], list[str]]]:
    """Return the URL of each list, those of its searches, and those of its filters."""
    request = RequestFactory().get("/")
    request.user = user
    for model, listed in admin.site._registry.items():
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        terms = ("dana", "9000017") if listed.get_search_fields(request) else ()
        changes = listed.get_changelist_instance(request)
        choices = (each for spec in changes.filter_specs for each in spec.choices(changes))
        chosen = {choice["query_string"] for choice in choices}
        filters = [url + query for query in sorted(chosen) if query != "?"]
        yield url, [f"{url}?q={term}" for term in terms], filters


def _measure(client: Client, url: str, *, cached: bool = True) -> Result:
    """Return the median of some requests; of pages far below the limit, one request."""
    times: list[float] = []
    while len(times) < ROUNDS and (not times or times[0] > LIMIT_MS / 4):
        if not cached:
            cache.clear()
        with CaptureQueriesContext(connection) as run:
            times += milliseconds([url], lambda asked: client.get(asked), (200, 302))
    return Result(median(times), len(run) - 2)  # two are those of `milliseconds`


def _print(name: str, result: Result, most: int = LIMIT_STATEMENTS, ms: int = LIMIT_MS) -> None:
    print(f"{name}: ms\t{result.spent:.1f}\t{ms}")  # noqa: T201
    print(f"{name}: statements\t{result.statements}\t{most}")  # noqa: T201


def _measure_lists(client: Client, user: User) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for url, *groups in _lists(user):
        client.get(url)  # reads templates and content types
        found[url] = _measure(client, url)
        for urls in groups:
            results = {each: _measure(client, each) for each in urls}
            if results:  # the slowest, and the most statements
                slowest = max(results, key=lambda each: results[each])
                most = max(result.statements for result in results.values())
                found[slowest] = Result(results[slowest].spent, most)
    return found


def main() -> None:
    """Print all lines, the slowest list first."""
    seed()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    user = _staff()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    found = _measure_lists(client, user)
    more = [f"{ORDERS}?q={term.replace(' ', '+').replace('#', '%23')}" for term in SEARCHES]
    more += [f"{ORDERS}?task=to-ship&q=halifax", f"{ORDERS}?p=400", f"{PRODUCTS}?p=150"]
    more += ["/admin/search/?q=halifax", "/admin/search/?q=dana", f"{PRODUCTS}?q=motor+77"]
    found |= {url: _measure(client, url) for url in more}
    for url, result in sorted(found.items(), key=lambda each: -each[1].spent):
        _print(url, result)
    client.get(START)
    _print(f"{START} (cached)", _measure(client, START), LIMIT_START_PAGE)
    first = _measure(client, START, cached=False)
    _print(f"{START} (not cached)", first, LIMIT_START_PAGE, WITHOUT_PROGRESS_MS)


if __name__ == "__main__":
    main()
