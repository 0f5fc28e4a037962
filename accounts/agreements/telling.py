"""Telling everybody concerned of a material change, once.

A batch is one transaction: its letters and how far it came are kept together or not at all, so a
worker that dies half-way leaves nobody out and writes to nobody twice. People who come while the
old text is still in force are told by a later pass: the row stays open until the new one holds.
Whose address is proved only when their batch is over, or everybody was told, is told at once.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from accounts.agreements import emails
from accounts.agreements.models import Announcement
from accounts.agreements.sources import ACCOUNTS, SOURCES, Source
from policies.models import ChangeType, PolicyVersion

if TYPE_CHECKING:
    from accounts.users.models import User

BATCH = 500  # letters in one transaction
#: Whoever came less than this ago waits for the next pass: a registration that began before
#: somebody else's may be committed after it, and would be stepped over.
SETTLED_AFTER = timedelta(seconds=60)


def announce(version: PolicyVersion) -> list[Announcement]:
    """Note that a published change is to be told, once; nobody hears of an editorial one.

    Runs in the transaction that publishes the text. The first text of a policy changes nothing.
    """
    if version.change_type != ChangeType.MATERIAL or version.number == 1:
        return []
    names = [name for name, source in SOURCES.items() if source.hears_of(version)]
    return [Announcement.objects.get_or_create(version=version, source=name)[0] for name in names]


def tell() -> int:
    """Go on with every announcement that is not finished; return how many letters it wrote.

    Safe to run twice at once: a row that another worker goes on with is passed over.
    """
    before = timezone.now() - SETTLED_AFTER
    total = 0
    for pk in list(Announcement.objects.filter(finished_at=None).values_list("pk", flat=True)):
        while told := tell_batch(pk, came_before=before):
            total += told
    return total


@transaction.atomic
def tell_batch(pk: int, *, came_before: datetime) -> int:
    """Write the next letters of an announcement; return how many, 0 at its end for now."""
    skip = connection.features.has_select_for_update_skip_locked
    rows = Announcement.objects.select_for_update(skip_locked=skip, of=("self",))
    announcement = rows.select_related("version").filter(pk=pk, finished_at=None).first()
    if announcement is None:
        return 0
    people = _next_people(announcement, came_before)
    now = timezone.now()
    if people:
        emails.policy_changed(announcement, people)
        announcement.last_key, announcement.told_at = people[-1][0], now
        announcement.told += len(people)
    elif _is_in_force(announcement, came_before):
        announcement.finished_at = now
    else:
        return 0
    announcement.save(update_fields=["last_key", "told_at", "told", "finished_at"])
    return len(people)


@transaction.atomic
def tell_latecomer(user: "User") -> int:
    """Tell an account whose address is proved only now of the newest change of each policy that its
    list has gone past without it; return how many letters. A second call writes none."""
    missed = {row.version.policy_id: row for row in _announced_since(user)}
    told = [row for row in missed.values() if _is_past(row, user)]
    for row in told:
        emails.policy_changed(row, [(user.pk, user.email)])
        row.told += 1
        row.save(update_fields=["told"])
    return len(told)


def _announced_since(user: "User") -> "QuerySet[Announcement]":
    """The changes that concern an account, the newest last, under lock: no batch runs meanwhile."""
    rows = Announcement.objects.select_for_update(of=("self",)).select_related("version")
    since = rows.filter(source=ACCOUNTS, version__effective_from__gt=user.date_joined)
    return since.order_by("version__number")


def _is_past(row: Announcement, user: "User") -> bool:
    """Whether the list went past an account that is concerned and was not written to."""
    if row.finished_at is None and row.last_key < user.pk:
        return False  # its batch is still to come
    is_concerned = SOURCES[ACCOUNTS].concerned(row.version).filter(pk=user.pk).exists()
    return is_concerned and not emails.was_told(row, user.pk)


def left(announcement: Announcement) -> int:
    """Return how many people of the list have not been told yet: one query."""
    source = SOURCES.get(announcement.source)
    if source is None or announcement.finished_at:
        return 0
    return source.concerned(announcement.version).filter(pk__gt=announcement.last_key).count()


def _next_people(announcement: Announcement, came_before: datetime) -> list[tuple[int, str]]:
    """Key and address of those who follow on the list."""
    source = SOURCES[announcement.source]
    people = source.concerned(announcement.version).filter(pk__gt=announcement.last_key)
    settled = people.filter(**{f"{source.came}__lte": came_before})
    if (newcomer := _first_newcomer(people, source, came_before)) is not None:
        settled = settled.filter(pk__lt=newcomer)
    return list(settled.order_by("pk").values_list("pk", source.email)[:BATCH])


def _first_newcomer(people: "QuerySet[Any]", source: Source, came_before: datetime) -> int | None:
    new = people.filter(**{f"{source.came}__gt": came_before})
    key: int | None = new.aggregate(first=Min("pk"))["first"]
    return key


def _is_in_force(announcement: Announcement, came_before: datetime) -> bool:
    effective = announcement.version.effective_from
    return effective is not None and effective <= came_before
