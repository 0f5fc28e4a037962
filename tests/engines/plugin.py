"""A pytest plugin that gives the suite real engines: SQLite or PostgreSQL, and a Valkey.

`TEST_ENGINE=postgres` (default `sqlite`) says which database. Oscar's migrations take half a
minute, so a migrated database is kept in `.cache/` under a name made from all migration files,
and each run works on a copy of it.
"""

import os

from tests.engines import databases, valkey

ENGINE = os.environ.get("TEST_ENGINE", "sqlite")

if "TEST_ENGINES_UP" not in os.environ:  # the run itself; xdist's workers inherit what it sets
    valkey.start()
    os.environ["TEST_ENGINES_UP"] = databases.start(ENGINE)
if not os.environ["TEST_ENGINES_UP"].startswith(f"{ENGINE}:"):
    raise RuntimeError(f"{ENGINE} was asked for, but {os.environ['TEST_ENGINES_UP']} is up")
databases.prepare_worker(os.environ["TEST_ENGINES_UP"], os.environ.get("PYTEST_XDIST_WORKER", ""))
valkey.use_own_database(os.environ.get("PYTEST_XDIST_WORKER", ""))


def pytest_report_header() -> str:
    """Report the engines of this run."""
    return f"engines: {os.environ['DATABASE_URL'].split('@')[-1]}, {os.environ['REDIS_URL']}"


def pytest_unconfigure() -> None:
    """End what this process started."""
    databases.stop()
    valkey.stop()
