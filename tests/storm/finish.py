"""`python -m tests.storm.finish TOLD LETTERS`: calm, then everything is held against everything.

Runs in the shop's own environment. Prints each finding; exit code 1 where there is one.
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
from tests.storm import rest, verdict  # noqa: E402
from tests.stripe_double.control import Control  # noqa: E402


def main(told_file: str, letters_file: str) -> int:
    """Come to rest, check, and say what was found."""
    told = json.loads(Path(told_file).read_text())
    double = Control(settings.STRIPE_API_BASE)
    findings = [f"not at rest: {left}" for left in rest.come_to_rest(double, app)]
    letters = Counter(Path(letters_file).read_text().split())
    findings += verdict.promises_kept(told)
    findings += verdict.claims_true(told, double)
    findings += verdict.books_agree(double)
    findings += verdict.letters_sent(letters)
    for finding in findings:
        rest.say(f"  {finding}")
    rest.say(_summary(told))
    return int(bool(findings))


def _summary(told: verdict.Told) -> str:
    states: dict[str, int] = {}
    for status in Order.objects.values_list("status", flat=True):
        states[status] = states.get(status, 0) + 1
    parts = [f"{count} {state}" for state, count in sorted(states.items())]
    return f"orders written: {sum(states.values())} ({', '.join(parts)})"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
