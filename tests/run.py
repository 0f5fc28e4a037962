"""`make test`: the whole suite on SQLite, then on PostgreSQL + Redis, with one line at the end.

It reports what could not run, and why; in CI that counts as a failure.
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.browser.chromium import find_chromium
from tests.engines import postgres
from tests.engines.errors import CannotRun
from tests.stripe_double.types.packages import install as install_types

ROOT = Path(__file__).resolve().parents[1]
#: One per processor; each needs a database, a Redis database and a browser.
WORKERS = str(min(max(os.cpu_count() or 2, 2), 4))


@dataclass
class Tally:
    """The totals of all runs."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    not_run: list[str] = field(default_factory=list)

    def add(self, report: Path) -> None:
        """Count one JUnit report."""
        for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (our own file)
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed += 1
            elif (skip := case.find("skipped")) is not None:
                self.skipped += 1
                self.reasons[skip.get("message", "no reason given")] += 1
            else:
                self.passed += 1


def _run(engine: str, tally: Tally, arguments: list[str]) -> None:
    print(f"\n=== {engine} ===", flush=True)  # noqa: T201
    env = os.environ | {"TEST_ENGINE": engine}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-n", WORKERS, "--dist", "loadfile", "-q"]
        done = subprocess.run(
            [*command, f"--junitxml={report}", *arguments], env=env, cwd=ROOT, check=False
        )
        if report.exists():
            tally.add(report)
        if not report.exists() or done.returncode not in (0, 1):
            tally.not_run.append(f"{engine}: pytest ended with code {done.returncode}")


def main() -> int:
    """Run everything and return the exit code: 0 only where nothing failed."""
    tally = Tally()
    try:
        os.environ["CHROMIUM"] = find_chromium()
    except CannotRun as reason:
        tally.not_run.append(f"browser tests: {reason}")
    try:
        install_types()
    except CannotRun as reason:
        tally.not_run.append(f"comparison of the Stripe double with Stripe's types: {reason}")
    _run("sqlite", tally, sys.argv[1:])
    try:
        postgres.require()
    except CannotRun as reason:
        tally.not_run.append(f"anything on PostgreSQL: {reason}")
    else:
        _run("postgres", tally, sys.argv[1:])
    for reason, count in sorted(tally.reasons.items()):
        print(f"skipped {count}: {reason}")  # noqa: T201
    for reason in tally.not_run:
        print(f"could not run {reason}")  # noqa: T201
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")  # noqa: T201
    missing = bool(tally.not_run) and bool(os.environ.get("CI"))
    broken = any("pytest ended" in reason for reason in tally.not_run)
    return int(bool(tally.failed) or missing or broken or not tally.passed)


if __name__ == "__main__":
    sys.exit(main())
