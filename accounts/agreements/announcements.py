"""Announces material policy changes by email, once to each person concerned.

A batch is one transaction: its emails and its progress are committed together, so a worker that
dies skips no one and writes to no one twice. An announcement stays open until the version takes
effect, so people who join before then get it, too. An account that is verified after its batch
gets the email at once.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from accounts.agreements import emails
from accounts.agreements.audiences import ACCOUNTS, AUDIENCES
from accounts.agreements.models import Announcement
from policies.models import ChangeType, PolicyVersion

if TYPE_CHECKING:
    from accounts.users.models import User

BATCH = 500  # emails in one transaction
#: People who joined more recently wait for the next run: a registration that began earlier may
#: commit later, and would be skipped.
SETTLED_AFTER = timedelta(seconds=60)


def announce(version: PolicyVersion) -> list[Announcement]:
    """Create the announcements of a version; none if it is editorial or the policy's first.

    Runs in the transaction that publishes the version. Safe to repeat.
    """
    if version.change_type != ChangeType.MATERIAL or version.number == 1:
        return []
    return [
        Announcement.objects.get_or_create(version=version, audience=name)[0]
        for name, audience in AUDIENCES.items()
        if audience.is_concerned(version)
    ]


def send_pending() -> int:
    """Queue the emails of unfinished announcements; return how many.

    Safe to run twice at once: a locked announcement is skipped.
    """
    joined_before = timezone.now() - SETTLED_AFTER
    total = 0
    for pk in list(Announcement.objects.filter(finished_at=None).values_list("pk", flat=True)):
        while count := send_batch(pk, joined_before=joined_before):
            total += count
    return total


@transaction.atomic
def send_batch(pk: int, *, joined_before: datetime) -> int:
    """Queue the next emails of an announcement; return how many, 0 if there are none for now."""
    skip = connection.features.has_select_for_update_skip_locked
    rows = Announcement.objects.select_for_update(skip_locked=skip, of=("self",))
    announcement = rows.select_related("version").filter(pk=pk, finished_at=None).first()
    if announcement is None:
        return 0
    people = _next_people(announcement, joined_before)
    now = timezone.now()
    if people:
        emails.policy_changed(announcement, people)
        announcement.last_id, announcement.last_queued_at = people[-1][0], now
        announcement.queued += len(people)
    elif (effective := announcement.version.effective_from) and effective <= joined_before:
        announcement.finished_at = now
    else:
        return 0
    announcement.save(update_fields=["last_id", "last_queued_at", "queued", "finished_at"])
    return len(people)


@transaction.atomic
def send_missed(user: "User") -> int:
    """Send an account the newest announcement of each policy that it missed before its email
    address was verified; return how many emails. Safe to repeat."""
    rows = Announcement.objects.select_for_update(of=("self",)).select_related("version")
    since = rows.filter(audience=ACCOUNTS, version__effective_from__gt=user.date_joined)
    newest = {row.version.policy_id: row for row in since.order_by("version__number", "pk")}
    missed = [row for row in newest.values() if _has_missed(row, user)]
    for row in missed:
        emails.policy_changed(row, [(user.pk, user.email)])
        row.queued += 1
        row.save(update_fields=["queued"])
    return len(missed)


def _has_missed(row: Announcement, user: "User") -> bool:
    """Whether an announcement concerns an account that its batches left out."""
    if row.finished_at is None and row.last_id < user.pk:
        return False  # its batch is still to come
    is_concerned = AUDIENCES[ACCOUNTS].concerned(row.version).filter(pk=user.pk).exists()
    return is_concerned and not emails.was_announced(row, user.pk)


def remaining(announcement: Announcement) -> int:
    """Return how many people an announcement still has to reach: one query."""
    audience = AUDIENCES.get(announcement.audience)
    if audience is None or announcement.finished_at:
        return 0
    return audience.concerned(announcement.version).filter(pk__gt=announcement.last_id).count()


def _next_people(announcement: Announcement, joined_before: datetime) -> list[tuple[int, str]]:
    """Return ID and email of the next members of the audience."""
    audience = AUDIENCES[announcement.audience]
    people = audience.concerned(announcement.version).filter(pk__gt=announcement.last_id)
    settled = people.filter(**{f"{audience.joined_at}__lte": joined_before})
    new = people.filter(**{f"{audience.joined_at}__gt": joined_before})
    if (recent := new.aggregate(first=Min("pk"))["first"]) is not None:
        settled = settled.filter(pk__lt=recent)
    return list(settled.order_by("pk").values_list("pk", audience.email)[:BATCH])
