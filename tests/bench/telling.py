"""Prints what it takes to tell 10,000 accounts of a change: name, number, limit ("" for none).

Runs in a process of its own, with the environment of the shop that it measures.
"""

import time
import tracemalloc
from datetime import timedelta

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.agreements import telling  # noqa: E402
from accounts.agreements.models import Announcement  # noqa: E402
from accounts.mail import outbox  # noqa: E402
from accounts.users.models import User  # noqa: E402
from policies.models import ChangeType, Policy, PolicyVersion  # noqa: E402
from policies.workflow import adopt  # noqa: E402

SHORT, LONG = 2_000, 10_000


def _open_accounts(count: int) -> None:
    """Let there be so many accounts with a proved address, a day old."""
    day_ago = timezone.now() - timedelta(days=1)
    there = User.objects.filter(email__startswith="bench-").count()
    made = User.objects.bulk_create(
        User(email=f"bench-{n}@example.com", first_name="Bench", date_joined=day_ago)
        for n in range(there, count)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in made
    )


def _publish() -> PolicyVersion:
    policy, _ = Policy.objects.get_or_create(slug="bench", defaults={"title": "Bench"})
    day = timezone.localdate() + timedelta(days=30)
    adopt(policy, "Before.", effective_on=day)
    return adopt(policy, "After.", change_type=ChangeType.MATERIAL, effective_on=day)


def _pass(accounts: int) -> tuple[float, int]:
    """Tell so many; return the seconds, and the bytes that were needed at most."""
    _open_accounts(accounts)
    Announcement.objects.update(finished_at=timezone.now())
    _publish()
    tracemalloc.start()
    began = time.perf_counter()
    told = telling.tell()
    took, peak = time.perf_counter() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if told < accounts:
        raise SystemExit(f"Only {told} of {accounts} were told.")
    return took, peak


def _statements() -> int:
    """How many statements one full batch takes."""
    (row,) = telling.announce(_publish())
    before = timezone.now() - telling.SETTLED_AFTER
    with CaptureQueriesContext(connection) as asked:
        if telling.tell_batch(row.pk, came_before=before) != telling.BATCH:
            raise SystemExit("The batch was not full.")
    return len(asked)


def main() -> None:
    """Measure the writing of the letters; the broker is not asked to take them."""
    outbox._broker_down_until = float("inf")
    _pass(SHORT)  # what is only loaded once
    _, short = _pass(SHORT)
    took, long = _pass(LONG)
    rows = [
        (f"statements for {telling.BATCH} letters", _statements(), 8),
        (f"peak memory, {LONG:,} accounts, MB", long / 1e6, 8),
        (f"peak memory, {LONG:,} to {SHORT:,} accounts", long / short, 2),
        (f"telling {LONG:,} accounts, s", took, ""),
    ]
    for row in rows:
        print(*row, sep="\t")  # noqa: T201


if __name__ == "__main__":
    main()
