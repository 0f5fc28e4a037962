"""The judged queries on the demo catalogue, on the database of this run."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from catalog import listing_index
from catalog.list_query import ListQuery
from catalog.management.commands.search_quality import FILES, JUDGED, judge
from catalog.search.results import search


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    """The demo catalogue, loaded once for this file and removed afterwards."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_shop", no_images=True, stdout=StringIO())
        yield
        transaction.set_rollback(True)


pytestmark = pytest.mark.usefixtures("seeded", "db")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_judged_queries_reach_their_targets():
    found = {name: list(judge(JUDGED / file)) for name, file in FILES.items()}
    every = [one for judged in found.values() for one in judged]
    assert len(every) >= 250
    assert len(found["held out"]) * 3 >= len(every)
    target = 0.92 if connection.vendor == "postgresql" else 0.88
    assert _mean([one.reciprocal_rank for one in every]) >= target
    assert _mean([one.reciprocal_rank for one in found["held out"]]) >= 0.85
    assert _mean([one.is_empty for one in every]) <= 0.02


def test_command_prints_the_numbers_last():
    out = StringIO()
    call_command("search_quality", stdout=out)
    last = out.getvalue().splitlines()[-1]
    assert last.startswith("MRR 0.9")
    assert last.endswith("queries")


@pytest.mark.parametrize(
    "query",
    ["rx 2.4ghz", "propellor", "3.7v 50mah lipo", "900mhz rx under 0.1 g", "reciever for my plane"],
)
def test_search_makes_at_most_8_queries(query, django_assert_max_num_queries):
    listing_index.current()  # read once in each process
    with django_assert_max_num_queries(8):
        assert search(ListQuery(search=query)).page.cards
