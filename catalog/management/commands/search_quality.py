"""`manage.py search_quality`: how well search answers judged queries."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from catalog.list_query import ListQuery
from catalog.models import Product
from catalog.search.results import search

JUDGED = settings.BASE_DIR / "tests" / "data"
FILES = {"tuning": "search_judged.csv", "held out": "search_held_out.csv"}
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """One query with its expected results (SKUs, `category:slug`, `policy:slug`), and its score."""

    query: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    is_empty: bool

    @property
    def reciprocal_rank(self) -> float:
        """Return 1 / the place of the first expected result, 0 if there is none."""
        places = [place for place, key in enumerate(self.found, 1) if key in self.expected]
        return 1 / places[0] if places else 0.0

    @property
    def recall(self) -> float:
        """Return the share of expected results among the first ten."""
        most = min(len(self.expected), _SHOWN)
        return len(set(self.found[:_SHOWN]) & set(self.expected)) / most


class Command(BaseCommand):
    """Runs on the demo catalogue: `manage.py seed_shop` first."""

    help = (
        "Prints mean reciprocal rank, recall at 10 and the share of judged queries without results."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--worst", type=int, default=0, help="list this many tuning queries")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line for each file, and a last line for all."""
        both: list[Judged] = []
        for name, file in FILES.items():
            judged = list(judge(JUDGED / file))
            both += judged
            self.stdout.write(f"{name}: {summary(judged)}")
            if name == "tuning":
                self._worst(judged, options["worst"])
        self.stdout.write(summary(both))

    def _worst(self, judged: list[Judged], most: int) -> None:
        for one in sorted(judged, key=lambda one: (one.reciprocal_rank, one.recall))[:most]:
            found = " ".join(one.found[:6])
            numbers = f"{one.reciprocal_rank:.2f} {one.recall:.2f}"
            self.stdout.write(f"  {numbers} {one.query!r} found {found}")


def judge(path: Path) -> Iterator[Judged]:
    """Yield each query of a file with what search finds for it."""
    skus = dict(Product.objects.filter(parent=None).values_list("pk", "upc"))
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            results = search(ListQuery(search=row["query"]))
            products = [skus[card.pk] or "" for card in results.page.cards]
            pages = [_key(page.type, page.url) for page in results.pages]
            found = tuple(products + pages)
            yield Judged(row["query"], tuple(row["expected"].split()), found, not found)


def _key(page_type: str, url: str) -> str:
    return f"{page_type}:{url.strip('/').rpartition('/')[2].partition('_')[0]}"


def summary(judged: Iterable[Judged]) -> str:
    """Return mean reciprocal rank, recall at 10 and the share of queries without results."""
    all_of = list(judged)
    mean = sum(one.reciprocal_rank for one in all_of) / len(all_of)
    recall = sum(one.recall for one in all_of) / len(all_of)
    empty = sum(one.is_empty for one in all_of) / len(all_of)
    return (
        f"MRR {mean:.3f}, recall@10 {recall:.3f}, no results {empty:.1%} over {len(all_of)} queries"
    )
