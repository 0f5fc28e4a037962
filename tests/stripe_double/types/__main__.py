"""`make types`: print each unexplained difference between the double and Stripe's types."""

import os
import sys

import django

from tests.engines.errors import CannotRun

from .description import describe
from .explained import explained, unexplained
from .packages import compare


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from checkout.settlement.settle import RELEVANT_EVENTS

    try:
        found = compare(describe(RELEVANT_EVENTS))
    except CannotRun as reason:
        print(f"types: could not run: {reason}")  # noqa: T201
        return 1
    wrong = unexplained(found, explained())
    for line in wrong:
        print(line)  # noqa: T201
    print(f"types: {len(found)} differences, {len(wrong)} unexplained")  # noqa: T201
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
