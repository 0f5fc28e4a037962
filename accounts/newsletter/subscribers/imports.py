"""Imports a file of people: first a dry run, row by row; then exactly those people, once.

Only people with a stated consent are imported. With the day on which they confirmed it they are
subscribed, otherwise an email asks them. An import changes no existing subscriber and lifts no
suppression: both are checked again for each batch, in the transaction that writes it.
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from celery import shared_task
from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mail import outbox
from accounts.newsletter.subscribers.csv_import import (
    MAX_BYTES,
    InvalidFile,
    InvalidRow,
    Person,
    read,
)
from accounts.newsletter.subscribers.email_hash import hash_email
from accounts.newsletter.subscribers.models import (
    ADDED,
    Consent,
    ImportRun,
    ImportState,
    RowResult,
    Source,
    Subscriber,
    SubscriberEvent,
    Suppression,
    Topic,
)
from accounts.newsletter.subscribers.states import SubscriberState
from microflight.core.errors import ServiceError

if TYPE_CHECKING:
    from accounts.users.models import User

BATCH = 500  # rows in one transaction
SAMPLES = 100  # skipped rows that the page shows
#: A checked file stays in the private storage, and can be imported, for this time.
KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and what the import would do with it now. `number` starts at 1."""

    number: int
    email: str
    result: RowResult
    reason: str


class NotPossible(ServiceError):
    """The file cannot be imported (any more)."""


# --- Dry run -------------------------------------------------------------------------------------


def check(upload: "File[bytes]", *, by: "User | None") -> ImportRun:
    """Check every row of an uploaded file and store it privately for an hour; no one is added.

    Raises InvalidFile, having stored nothing.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise InvalidFile(_("The limit is %d MB. Split the file.") % (MAX_BYTES // 1024**2))
    run = ImportRun(file_name=str(upload.name)[-120:], sha256=_sha256(upload), by=by)
    results = []
    for row in _checked(upload, run):
        results.append(row.result.value)
        if row.result not in ADDED and len(run.samples) < SAMPLES:
            run.samples.append([row.number, row.email, row.result.value, row.reason])
    if not results:
        raise InvalidFile(_("The file has no rows below the header."))
    run.results, run.rows = "".join(results), len(results)
    upload.seek(0)
    run.stored = storages["private"].save(f"newsletter/imports/{uuid.uuid4().hex}.csv", upload)
    run.save()
    return run


def _sha256(file: "File[bytes]") -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()


def _checked(file: "File[bytes]", run: ImportRun) -> Iterator[Row]:
    """Yield each row with its result, and note unknown columns.

    Memory holds one batch, and 16 bytes for each earlier address.
    """
    seen: set[bytes] = set()
    for start, batch in _batches(file, run):
        known, blocked = _existing(batch)
        for number, row in enumerate(batch, start=start + 1):
            yield Row(number, row.email, *_result(row, known, blocked, seen))


def _batches(
    file: "File[bytes]", run: ImportRun
) -> Iterator[tuple[int, list[Person | InvalidRow]]]:
    """Yield the rows of a file in batches, each with the number of earlier rows."""
    ignored, rows = read(file, frozenset(Topic.objects.values_list("slug", flat=True)))
    run.ignored = ", ".join(ignored)[:200]
    start = 0
    while batch := list(islice(rows, BATCH)):
        yield start, batch
        start += len(batch)


def _existing(batch: list[Person | InvalidRow]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the known addresses of a batch with their state, and the suppressed hashes with the
    reason. In this order: a person erased between the two queries is found by the second."""
    emails = [row.email for row in batch if isinstance(row, Person)]
    known = dict(Subscriber.objects.filter(email__in=emails).values_list("email", "state"))
    found = Suppression.objects.filter(email_hash__in=[hash_email(email) for email in emails])
    return known, {row.email_hash: row.get_reason_display() for row in found}


def _result(
    row: Person | InvalidRow, known: dict[str, str], blocked: dict[str, str], seen: set[bytes]
) -> tuple[RowResult, str]:
    if isinstance(row, InvalidRow):
        return row.result, row.reason
    mark = hashlib.blake2b(row.email.encode(), digest_size=16).digest()
    if mark in seen:
        return RowResult.DUPLICATE, _("an earlier row has this email")
    seen.add(mark)
    if reason := blocked.get(hash_email(row.email)):
        return RowResult.SUPPRESSED, reason
    if state := known.get(row.email):
        return RowResult.KNOWN, _("stays %s") % state
    return (RowResult.NEW if row.confirmed_at else RowResult.ASKED), ""


def report(run: ImportRun) -> Iterator[tuple[Row, RowResult]]:
    """Yield each row as it would be now, with its result in the dry run. Raises NotPossible."""
    with _opened(run) as file:
        for row in _checked(file, run):
            yield row, RowResult(run.results[row.number - 1])


def _opened(run: ImportRun) -> "File[bytes]":
    if not run.stored:
        raise NotPossible(_("The file was deleted after an hour. Upload it again."))
    file: File[bytes] = storages["private"].open(run.stored, "rb")
    if _sha256(file) != run.sha256:
        file.close()
        raise NotPossible(_("This is not the file that was checked. Upload it again."))
    return file


# --- Import --------------------------------------------------------------------------------------


@transaction.atomic
def start(run: ImportRun) -> bool:
    """Queue a checked import; return whether this call did it. Raises NotPossible."""
    row = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if row.state != ImportState.CHECKED:
        return False
    if not row.stored or row.checked_at < timezone.now() - KEPT_FOR:
        raise NotPossible(_("The dry run is older than an hour. Upload the file again."))
    if not row.to_add:
        raise NotPossible(_("No one in this file can be added."))
    row.state, row.started_at = ImportState.RUNNING, timezone.now()
    row.save(update_fields=["state", "started_at"])
    transaction.on_commit(lambda: run_import.delay(row.pk))
    return True


@shared_task
def run_import(run_id: int) -> None:
    """Import a checked file that staff confirmed."""
    if run := ImportRun.objects.select_related("by").filter(pk=run_id).first():
        resume(run)


def resume(run: ImportRun) -> None:
    """Continue an import until its end; two workers at once share it without harm."""
    try:
        with _opened(run) as file:
            for position, batch in _batches(file, run):
                if position >= run.position:
                    _import_batch(run, position, batch)
    except (NotPossible, InvalidFile) as error:
        ImportRun.objects.filter(pk=run.pk).update(problem=str(error)[:200])
    ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(
        state=ImportState.DONE, finished_at=timezone.now()
    )


@transaction.atomic
def _import_batch(run: ImportRun, position: int, batch: list[Person | InvalidRow]) -> None:
    """Add those of a batch who were to be added and still can be; store how far it is."""
    row = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if row.state != ImportState.RUNNING or row.position != position:
        return  # another worker has done it
    wanted = [
        person
        for person, letter in zip(batch, row.results[position:], strict=False)
        if letter in ADDED and isinstance(person, Person)
    ]
    known, blocked = _existing(list(wanted))
    free = [p for p in wanted if p.email not in known and hash_email(p.email) not in blocked]
    created = create_subscribers(free, run=row)
    row.position += len(batch)
    row.added += sum(1 for person in created if person.confirmed_at)
    row.asked += sum(1 for person in created if not person.confirmed_at)
    row.changed += len(wanted) - len(created)
    row.save(update_fields=["position", "added", "asked", "changed"])


def create_subscribers(people: Sequence[Person], *, run: ImportRun) -> list[Person]:
    """Create subscribers with their consents, and email those who have to confirm.

    Returns those who were created: not those who signed up in another way at this very moment.
    Call it in the transaction that marks the batch as done.
    """
    made = {person.email: _subscriber(person) for person in people}
    Subscriber.objects.bulk_create(made.values(), ignore_conflicts=True)
    tokens = [subscriber.token for subscriber in made.values()]
    pks = dict(Subscriber.objects.filter(token__in=tokens).values_list("email", "pk"))
    created = [person for person in people if person.email in pks]
    topics = dict(Topic.objects.values_list("slug", "pk"))
    through = Subscriber.topics.through
    through.objects.bulk_create(
        through(subscriber_id=pks[person.email], topic_id=topics[slug])
        for person in created
        for slug in person.topics
        if person.confirmed_at
    )
    consents = Consent.objects.bulk_create(_consent(each, pks[each.email]) for each in created)
    SubscriberEvent.objects.bulk_create(_event(each, pks[each.email], run) for each in created)
    to_confirm = [
        (person.email, {"consent": consent.pk})
        for person, consent in zip(created, consents, strict=True)
        if not person.confirmed_at
    ]
    if to_confirm:
        outbox.add_many("newsletter-imported", subject_id=f"import:{run.pk}", recipients=to_confirm)
    return created


def _event(person: Person, subscriber: int, run: ImportRun) -> SubscriberEvent:
    return SubscriberEvent(
        subscriber_id=subscriber,
        what="imported" if person.confirmed_at else "imported, asked to confirm",
        note=f"import {run.pk}: {person.origin}"[:200],
        by=str(run.by)[:60] if run.by else "",
    )


def _subscriber(person: Person) -> Subscriber:
    """The details stay on the consent until it is confirmed."""
    if person.confirmed_at is None:
        return Subscriber(email=person.email)
    return Subscriber(
        email=person.email,
        state=SubscriberState.ACTIVE,
        confirmed_at=person.confirmed_at,
        **person.details,
    )


def _consent(person: Person, subscriber: int) -> Consent:
    """Return the consent that the file states. If it has to be confirmed, its 30 days start today,
    and the stated date is added to the origin."""
    consent = Consent(
        subscriber_id=subscriber,
        email_hash=hash_email(person.email),
        text=person.text,
        topics=",".join(person.topics)[:200],
        source=Source.IMPORT,
        origin=person.origin,
        requested_at=person.requested_at,
        confirmed_at=person.confirmed_at,
    )
    if person.confirmed_at is None:
        consent.origin = f"{person.origin}, stated for {person.requested_at:%Y-%m-%d}"
        consent.requested_at = timezone.now()
        consent.details = {name: value for name, value in person.details.items() if value}
    return consent


# --- Cleanup -------------------------------------------------------------------------------------


def sweep() -> None:
    """Continue imports whose worker died, and delete files an hour after their dry run."""
    stopped = timezone.now() - timedelta(minutes=1)
    for run in ImportRun.objects.filter(state=ImportState.RUNNING, started_at__lt=stopped):
        resume(run)
    with transaction.atomic():
        old = ImportRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            checked_at__lt=timezone.now() - KEPT_FOR
        )
        for run in old.exclude(state=ImportState.RUNNING).exclude(stored=""):
            delete_file(run)


def delete_file(run: ImportRun) -> None:
    """Delete the file of an import and the addresses on its page. Totals stay."""
    storages["private"].delete(run.stored)
    run.stored, run.samples = "", []
    if run.state == ImportState.CHECKED:
        run.state = ImportState.EXPIRED
    run.save(update_fields=["stored", "samples", "state"])
