"""`python -m tests.storm.compare RESULTS EMAILS`: finish all jobs, then compare everything.

Runs in the shop's own environment. Prints each finding; exit code 1 if there is one.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402

from checkout.order.models import Order  # noqa: E402
from microflight.celery import app  # noqa: E402
from tests.storm import comparison, finish_jobs  # noqa: E402
from tests.stripe_double.control import Control  # noqa: E402


def main(results_file: str, emails_file: str) -> int:
    """Finish all jobs, compare, and print what was found."""
    told = json.loads(Path(results_file).read_text())
    double = Control(settings.STRIPE_API_BASE)
    findings = [f"not finished: {left}" for left in finish_jobs.finish_all_jobs(double, app)]
    letters = Counter(Path(emails_file).read_text().split())
    findings += comparison.confirmed_orders_placed(told)
    findings += comparison.claims_correct(told, double)
    findings += comparison.records_match(double)
    findings += comparison.emails_sent(letters)
    for finding in findings:
        finish_jobs.say(f"  {finding}")
    finish_jobs.say(_summary(told))
    return int(bool(findings))


def _summary(told: comparison.Observed) -> str:
    states: dict[str, int] = {}
    for status in Order.objects.values_list("status", flat=True):
        states[status] = states.get(status, 0) + 1
    parts = [f"{count} {state}" for state, count in sorted(states.items())]
    return f"orders written: {sum(states.values())} ({', '.join(parts)})"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
