"""`make bench [ONLY=name]`: benchmarks on PostgreSQL and Redis, with their limits.

Names: statements, search, speed, weight, placing, slow_stripe, policies, announcements, newsletter,
lists, admin_lists, imports (only by name).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import placing, search, slow_stripe, speed, weight
from tests.bench.report import Row, show
from tests.bench.servers import ROOT, manage, shop_environment
from tests.engines import databases, postgres, valkey

PRODUCTS = 1000
MANY = 20_000


def _prepare(products: int) -> tuple[str, Path]:
    """Start the engines and seed a shop of so many products; return its database and folder."""
    valkey.start()
    template = databases.start("postgres").partition(":")[2]
    postgres.copy_database(template, "shop_bench")
    database = postgres.with_name(template, "shop_bench")
    var = Path(tempfile.mkdtemp(prefix="microflight-bench-"))
    # the seed finds the images of an earlier run
    os.environ["MEDIA_ROOT"] = str(databases.CACHE / "bench-media")
    env = shop_environment(database, var)
    if products:
        manage(env, "seed_shop", "--size", str(products))
    # as autovacuum would do within a minute; without it the planner has no statistics
    postgres.execute(database, "VACUUM ANALYZE")
    manage(env, "collectstatic", "--noinput", "-v0")
    return database, var


def _ask(module: str, database: str, var: Path) -> str:
    """Return what a module prints that runs with the shop's settings in its own process."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}"],
        env=shop_environment(database, var), cwd=ROOT, check=True, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    return done.stdout


def _figures(module: str, database: str, var: Path) -> list[Row]:
    """Return the rows that a module prints: name, number and limit, which may be empty."""
    rows = (line.split("\t") for line in _ask(module, database, var).splitlines())
    return [
        Row(name, float(n), float(limit) if limit else None, at_least=sign == [">="])
        for name, n, limit, *sign in rows
    ]


def _lists(database: str, var: Path) -> list[Row]:
    """Return the times of lists in a small and a large shop, and how much they grow."""
    small = _figures("lists", database, var)
    manage(shop_environment(database, var), "seed_shop", "--no-images", "--size", str(MANY))
    postgres.execute(database, "VACUUM ANALYZE")
    large = _figures("lists", database, var)
    pairs = zip(small[1:], large[1:], strict=True)  # the first is read once per process
    limits = {"category": 1.25}
    names = [row.name.partition(": ")[2] for row in small[1:]]
    grown = [
        Row(f"{name}: 20,000 products to 1,000", many.value / few.value, limits.get(name, 2.0))
        for name, (few, many) in zip(names, pairs, strict=True)
    ]
    return small + large + grown


def main(only: str = "") -> int:
    """Run all benchmarks, or one; return how many miss their limit."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    rows: list[Row] = []
    try:
        has_products = only not in (
            "newsletter",
            "admin_lists",
            "imports",
        )  # they need none of the seed
        database, var = _prepare(PRODUCTS if has_products else 0)
        if has_products:
            category, product = _ask("pages", database, var).split()
        if only in ("", "statements"):
            rows += _figures("statements", database, var)
        if only in ("", "search"):
            rows += search.measure(database, var)
        if only in ("", "weight"):
            rows += weight.measure(database, var, category)
        if only in ("", "speed"):
            rows += speed.measure(database, var, category, product)
        if only in ("", "placing"):
            rows += placing.measure(database, var)
        if only in ("", "slow_stripe"):
            rows += slow_stripe.measure(database, var)
        if only in ("", "policies"):
            rows += _figures("policies", database, var)
        if only == "lists":  # seeding 20,000 products takes minutes
            rows += _lists(database, var)
        if only in ("admin_lists", "imports"):
            rows += _figures(only, database, var)
        if only in ("", "announcements"):  # last: it opens thousands of accounts
            rows += _figures("announcements", database, var)
        if only in ("", "newsletter"):  # and this one a hundred thousand subscribers
            rows += _figures("newsletter", database, var)
    finally:
        databases.stop()
        valkey.stop()
        short = show(rows, ROOT) if rows else 0  # after a failure, too: each takes minutes
    return short


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
