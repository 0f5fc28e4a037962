"""A small storm in the test suite on PostgreSQL; `make storm` runs large ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.concurrency
@pytest.mark.skipif(
    os.environ.get("TEST_ENGINE") != "postgres", reason="a storm runs on PostgreSQL only"
)
def test_storm_of_25_orders_ends_without_breaches(tmp_path: Path):
    command = [sys.executable, "-m", "tests.storm", "--orders", "25", "--seed", "7"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "storm")], cwd=ROOT, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "audit: 0 breaches", done.stdout
    assert done.returncode == 0, done.stdout
