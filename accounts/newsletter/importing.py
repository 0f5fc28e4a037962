"""Taking over an old list: checked first, row by row; then exactly those people, once.

Only whoever stated consent gets in. With the day on which they confirmed it they are subscribed,
else a letter asks them. Nothing that somebody chose here is changed by a list: who is known stays
as they are, and who is on the suppression list stays outside. Both are looked up anew for each
batch, in the transaction that writes it; a worker that dies leaves a list that the next goes on
with.
"""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.core.files import File
from django.core.files.storage import storages
from django.db import connection, transaction
from django.utils import timezone

from accounts.newsletter.arrivals import enter
from accounts.newsletter.listfile import MOST_BYTES, Person, Refused, Unreadable, read
from accounts.newsletter.models import (
    TAKEN,
    ImportRun,
    ImportState,
    Subscriber,
    Suppression,
    Topic,
    Verdict,
    digest_of,
)

if TYPE_CHECKING:
    from accounts.users.models import User

BATCH = 500  # rows in one transaction
SAMPLES = 100  # rows that the page shows
#: So long a checked list lies in the private store and can be imported.
KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """One row, and what becomes of it as of now. `number` counts from 1, without the header."""

    number: int
    email: str
    verdict: Verdict
    why: str
    person: Person | None = None  # where the row states all it has to


class NotPossible(Exception):
    """The list cannot be imported (any more). Its text may be shown."""


# --- Checking ------------------------------------------------------------------------------------


def check(upload: "File[bytes]", *, by: "User | None") -> ImportRun:
    """Judge every row of an uploaded list and keep it privately for an hour; nobody is added.

    Raises Unreadable, having kept nothing.
    """
    if (upload.size or 0) > MOST_BYTES:
        raise Unreadable(f"A list may have {MOST_BYTES // 1024**2} MB; split it.")
    run = ImportRun(file_name=str(upload.name)[-120:], sha256=_digest(upload), by=by)
    verdicts = []
    for row in judged(upload, run):
        verdicts.append(row.verdict.value)
        if row.verdict not in TAKEN and len(run.samples) < SAMPLES:
            run.samples.append([row.number, row.email, row.verdict.value, row.why])
    if not verdicts:
        raise Unreadable("The file has no rows below the first.")
    run.verdicts, run.rows = "".join(verdicts), len(verdicts)
    upload.seek(0)
    run.stored = storages["private"].save(f"newsletter/lists/{uuid.uuid4().hex}.csv", upload)
    run.save()
    return run


def _digest(file: "File[bytes]") -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()


def judged(file: "File[bytes]", run: ImportRun) -> Iterator[Judged]:
    """Yield what becomes of each row as the database is now; notes the columns nobody reads.

    Memory holds one batch, and 16 bytes for each address that came before.
    """
    seen: set[bytes] = set()
    for start, batch in _batches(file, run):
        known, blocked = _standing(batch)
        for number, row in enumerate(batch, start=start + 1):
            yield _judge(number, row, known, blocked, seen)


def _batches(file: "File[bytes]", run: ImportRun) -> Iterator[tuple[int, list[Person | Refused]]]:
    """Yield the rows of a list in batches, each with how many came before it."""
    slugs = frozenset(Topic.objects.values_list("slug", flat=True))
    header, rows = read(file, slugs)
    run.ignored = ", ".join(header.ignored)[:200]
    start = 0
    while batch := list(islice(rows, BATCH)):
        yield start, batch
        start += len(batch)


def _standing(batch: list[Person | Refused]) -> tuple[dict[str, str], dict[str, str]]:
    """Which addresses of a batch are known (and as what), and which digests are suppressed (why).

    Asked in this order: who is erased between the two questions is found by the second.
    """
    emails = [row.email for row in batch if isinstance(row, Person)]
    known = dict(Subscriber.objects.filter(email__in=emails).values_list("email", "state"))
    digests = [digest_of(email) for email in emails]
    found = Suppression.objects.filter(digest__in=digests)
    return known, {row.digest: row.get_reason_display() for row in found}


def _judge(
    number: int,
    row: Person | Refused,
    known: dict[str, str],
    blocked: dict[str, str],
    seen: set[bytes],
) -> Judged:
    if isinstance(row, Refused):
        return Judged(number, row.email, row.verdict, row.why)
    mark = hashlib.blake2b(row.email.encode(), digest_size=16).digest()
    if mark in seen:
        return Judged(number, row.email, Verdict.DUPLICATE, "an earlier row has this address", row)
    seen.add(mark)
    if why := blocked.get(digest_of(row.email)):
        return Judged(number, row.email, Verdict.SUPPRESSED, why, row)
    if state := known.get(row.email):
        return Judged(number, row.email, Verdict.KNOWN, f"stays as it is: {state}", row)
    verdict = Verdict.NEW if row.confirmed_at else Verdict.ASKED
    return Judged(number, row.email, verdict, "", row)


def report(run: ImportRun) -> Iterator[tuple[Judged, Verdict]]:
    """Yield each row as it stands now, with the verdict of the check. Raises NotPossible."""
    with _opened(run) as file:
        for row in judged(file, run):
            yield row, Verdict(run.verdicts[row.number - 1])


def _opened(run: ImportRun) -> "File[bytes]":
    if not run.stored:
        raise NotPossible("The file is deleted an hour after its check: upload it again.")
    file: File[bytes] = storages["private"].open(run.stored, "rb")
    if _digest(file) != run.sha256:
        file.close()
        raise NotPossible("This is not the file that was checked: upload it again.")
    return file


# --- Taking over ---------------------------------------------------------------------------------


@transaction.atomic
def start(run: ImportRun) -> bool:
    """Let a checked list be imported; tell whether this call did it. Raises NotPossible."""
    from accounts.newsletter.tasks import import_list

    row = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if row.state != ImportState.CHECKED:
        return False
    if not row.stored or row.checked_at < timezone.now() - KEPT:
        raise NotPossible("The check is older than an hour: upload the file again.")
    if not row.to_add:
        raise NotPossible("Nobody in this list can be added.")
    row.state, row.started_at = ImportState.RUNNING, timezone.now()
    row.save(update_fields=["state", "started_at"])
    transaction.on_commit(lambda: import_list.delay(row.pk))
    return True


def go_on(run: ImportRun) -> None:
    """Go on with a list until its end; two workers at once share it without harm."""
    try:
        with _opened(run) as file:
            for position, batch in _batches(file, run):
                if position >= run.position:
                    _take(run, position, batch)
    except (NotPossible, Unreadable) as problem:
        ImportRun.objects.filter(pk=run.pk).update(problem=str(problem)[:200])
    ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(
        state=ImportState.DONE, finished_at=timezone.now()
    )


@transaction.atomic
def _take(run: ImportRun, position: int, batch: list[Person | Refused]) -> None:
    """Add those of one batch who were to be added and still are; mark how far it came."""
    row = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if row.state != ImportState.RUNNING or row.position != position:
        return  # another worker has done it
    wanted = [
        person
        for person, letter in zip(batch, row.verdicts[position:], strict=False)
        if letter in TAKEN and isinstance(person, Person)
    ]
    known, blocked = _standing(list(wanted))
    free = [p for p in wanted if p.email not in known and digest_of(p.email) not in blocked]
    entered = enter(free, run=row)
    row.position += len(batch)
    row.added += sum(1 for person in entered if person.confirmed_at)
    row.asked += sum(1 for person in entered if not person.confirmed_at)
    row.changed += len(wanted) - len(entered)
    row.save(update_fields=["position", "added", "asked", "changed"])


# --- Tidying -------------------------------------------------------------------------------------


def sweep() -> None:
    """Go on with lists whose worker died, and delete files an hour after their check."""
    skip = connection.features.has_select_for_update_skip_locked
    stopped = timezone.now() - timedelta(minutes=1)
    for run in ImportRun.objects.filter(state=ImportState.RUNNING, started_at__lt=stopped):
        go_on(run)
    with transaction.atomic():
        old = ImportRun.objects.select_for_update(skip_locked=skip, of=("self",)).filter(
            checked_at__lt=timezone.now() - KEPT
        )
        for run in old.exclude(state=ImportState.RUNNING).exclude(stored=""):
            forget(run)


def forget(run: ImportRun) -> None:
    """Delete a list's file and the addresses on its page. Totals stay."""
    storages["private"].delete(run.stored)
    run.stored, run.samples = "", []
    if run.state == ImportState.CHECKED:
        run.state = ImportState.EXPIRED
    run.save(update_fields=["stored", "samples", "state"])
