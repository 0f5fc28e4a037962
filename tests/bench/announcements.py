"""Announces a policy change to 10,000 accounts; prints name, number, limit ("" for none).

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

from accounts.agreements import announcements  # noqa: E402
from accounts.agreements.models import Announcement  # noqa: E402
from accounts.mail import outbox  # noqa: E402
from accounts.users.models import User  # noqa: E402
from policies.models import ChangeType, Policy, PolicyVersion  # noqa: E402
from policies.workflow import adopt  # noqa: E402

SHORT, LONG = 2_000, 10_000


def _open_accounts(count: int) -> None:
    """Create this many accounts with a verified email, a day old."""
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
    """Announce to so many accounts; return the seconds, and the bytes that were needed at most."""
    _open_accounts(accounts)
    Announcement.objects.update(finished_at=timezone.now())
    _publish()
    tracemalloc.start()
    began = time.perf_counter()
    told = announcements.send_pending()
    took, peak = time.perf_counter() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if told < accounts:
        raise SystemExit(f"Only {told} of {accounts} got the announcement.")
    return took, peak


def _statements() -> int:
    """How many statements one full batch takes."""
    (row,) = announcements.announce(_publish())
    before = timezone.now() - announcements.SETTLED_AFTER
    with CaptureQueriesContext(connection) as asked:
        if announcements.send_batch(row.pk, joined_before=before) != announcements.BATCH:
            raise SystemExit("The batch was not full.")
    return len(asked)


def main() -> None:
    """Measure the queueing of the emails, without the broker."""
    outbox._broker_down_until = float("inf")
    _pass(SHORT)  # what is only loaded once
    _, short = _pass(SHORT)
    took, long = _pass(LONG)
    rows = [
        (f"queries for {announcements.BATCH} emails", _statements(), 8),
        (f"peak memory, {LONG:,} accounts, MB", long / 1e6, 8),
        (f"peak memory, {LONG:,} to {SHORT:,} accounts", long / short, 2),
        (f"announcement to {LONG:,} accounts, s", took, ""),
    ]
    for row in rows:
        print(*row, sep="\t")  # noqa: T201


if __name__ == "__main__":
    main()
