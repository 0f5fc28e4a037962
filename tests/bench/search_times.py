"""Prints the server time of lists and searches of the shop in the environment, as JSON.

python -m tests.bench.search_times ROUND     ms by name: p95, or of few pages
    the median; each round asks for other pages
"""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client, RequestFactory, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils.http import urlencode  # noqa: E402

from catalog import read_model  # noqa: E402
from catalog.models import Category, Product, ProductCategory  # noqa: E402
from tests.bench import like_view  # noqa: E402
from tests.bench.server_time import milliseconds, p95  # noqa: E402

_JUDGED = Path(__file__).parents[1] / "data" / "search_judged.csv"
_FEW, _BIG, _SMALL = 10, "bench-all", "bench-1000"
SMALL_CATEGORY = 1_000


def _queries() -> list[str]:
    """Return every fourth judged query, which is short enough."""
    with _JUDGED.open(encoding="utf-8", newline="") as lines:
        return [row["query"] for row in csv.DictReader(lines)][::4]


def _searches(number: int) -> list[str]:
    """Return searches with three facets: stock, price and weight; others in each round."""
    facets = {"in_stock": "1", "price.from": "1", "price.to": f"90.{number:02}", "a.weight.to": 95}
    return [f"/search/?{urlencode({'q': query, **facets})}" for query in _queries()]


def _suggestions(number: int) -> list[str]:
    """Return what someone types: the beginnings of words, another letter in each round."""
    typed = {query[: 2 + number % 4 + place % 3] for place, query in enumerate(_queries())}
    return [f"/search/suggestions/?{urlencode({'q': text})}" for text in sorted(typed)]


def _categories() -> tuple[str, str]:
    """Return the URLs of a category with all products and of one with a thousand."""
    urls = []
    for slug, most in ((_BIG, None), (_SMALL, SMALL_CATEGORY)):
        category = Category.objects.filter(slug=slug).first()
        if category is None:
            category = Category.add_root(name=slug, slug=slug)
            products = list(Product.objects.browsable().order_by("pk")[:most])
            ProductCategory.objects.bulk_create(
                [ProductCategory(product=one, category=category) for one in products],
                batch_size=5_000,
            )
            read_model.refresh(products)
        urls.append(category.get_absolute_url())
    return urls[0], urls[1]


def _pages(url: str, number: int, first: int = 1) -> list[str]:
    """Return ten pages of a list from `first` on, with a filter that nothing fails."""
    return [
        f"{url}?{urlencode({'price.to': 9000 + number, 'page': first + page})}"
        for page in range(_FEW)
    ]


def _like(number: int) -> list[float]:
    """Return the server time of the bare LIKE view."""
    view: Callable[[str], object] = lambda url: like_view.search(RequestFactory().get(url))  # noqa: E731
    return milliseconds(_searches(number)[:_FEW], ask=view)


def _statements(urls: list[str]) -> int:
    client, most = Client(SERVER_NAME="127.0.0.1"), 0
    for url in urls:
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        most = max(most, len(seen))
    return most


def main(number: int) -> None:
    """Measure after a warm-up with other searches."""
    with override_settings(PAGE_CACHE_SECONDS=0):
        big, small = _categories()
        last = Product.objects.browsable().count() // 24 - _FEW
        milliseconds([*_searches(99), *_pages(big, 99)])
        found = {
            "search": p95(milliseconds(_searches(number))),
            "suggestions": p95(milliseconds(_suggestions(number))),
            "category of all": median(milliseconds(_pages(big, number))),
            "category of 1,000": median(milliseconds(_pages(small, number))),
            "deep page": median(milliseconds(_pages(big, number, last))),
            "like": median(_like(number)),
            "search, first ten": median(milliseconds(_searches(number + 50)[:_FEW])),
            "statements": _statements(_searches(number + 20)),
        }
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
