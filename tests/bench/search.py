"""Search and lists at 1,000 and 20,000 products: server time, statements, a bare LIKE view.

The two shops are measured in turn, and the medians of the rounds are compared.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests.bench.report import Row
from tests.bench.servers import ROOT, manage, shop_environment
from tests.engines import postgres

ROUNDS = 3
SIZE = int(os.environ.get("BENCH_SIZE", "20000"))  # products


def measure(database: str, var: Path, size: int = SIZE) -> list[Row]:
    """Return the rows of a shop with so many products next to that of `database` with 1,000.

    Call it while nothing is connected to `database`: it is copied.
    """
    large = postgres.with_name(database, f"shop_bench_{size}")
    postgres.copy_database(database, f"shop_bench_{size}")
    start = time.process_time() + _children_cpu()
    manage(shop_environment(large, var), "seed_shop", "--size", str(size))
    seconds = time.process_time() + _children_cpu() - start
    postgres.execute(large, "VACUUM ANALYZE")
    times: dict[str, list[dict[str, float]]] = {database: [], large: []}
    for number in range(ROUNDS):
        for url, found in times.items():
            found.append(_times(url, var, number))
    middle = [
        {name: median(one[name] for one in found) for name in found[0]} for found in times.values()
    ]
    return [Row(f"seed_shop --size {size}, CPU", seconds, None, "s"), *_rows(*middle, size)]


def _children_cpu() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def _times(database: str, var: Path, number: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.search_times", str(number)],
        env=shop_environment(database, var), cwd=ROOT, check=True, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _rows(small: dict[str, float], large: dict[str, float], size: int) -> list[Row]:
    growth = 2 if size <= 20_000 else 4
    at = f"at {size:,} products"
    return [
        Row(f"search with three facets {at}, statements", large["statements"], 8),
        Row("search, p95 at 1,000 products", small["search"], None, "ms"),
        Row(f"search, p95 {at}", large["search"], None, "ms"),
        Row(f"search {at}, of 1,000", large["search"] / small["search"], growth, "ratio"),
        Row(f"suggestions, p95 {at}", large["suggestions"], 15, "ms"),
        Row(f"bare LIKE view, median {at}", large["like"], None, "ms"),
        Row(
            f"bare LIKE view {at}, of search",
            large["like"] / large["search, first ten"],
            10,
            "ratio",
            at_least=True,
        ),
        Row(
            f"category of {size:,}, of one of 1,000",
            large["category of all"] / large["category of 1,000"],
            1.25,
            "ratio",
        ),
        Row("its last pages, of its first", large["deep page"] / large["category of all"], 1.25),
    ]
