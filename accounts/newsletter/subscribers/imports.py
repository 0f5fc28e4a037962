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

from celery import shared_task
from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.email_addresses import hash_email
from accounts.mail import outbox
from accounts.newsletter.subscribers.csv_import import (
    MAX_BYTES,
    InvalidRow,
    Person,
    read,
)
from accounts.newsletter.subscribers.models import (
    ADDED,
    Consent,
    ImportRun,
    ImportState,
    RowResult,
    Source,
    Subscriber,
    SubscriberEvent,
    SubscriberState,
    Suppression,
    Topic,
)
from accounts.users.models import User
from microflight.core.csv_files import InvalidFile
from microflight.core.errors import ServiceError

BATCH = 500  # rows in one transaction
SAMPLES = 100  # skipped rows that the page shows
#: A checked file stays in the private storage, and can be imported, for this time.
KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and what the import would do with it now. `number` starts at 1."""

    number: int
    stated: Person | InvalidRow
    result: RowResult
    reason: str


class NotPossible(ServiceError):
    """The file cannot be imported (any more)."""


# --- Dry run -------------------------------------------------------------------------------------


def check(upload: "File[bytes]", *, by: User | None) -> ImportRun:
    """Check every row of an uploaded file and store it privately for an hour; no one is added.

    Raises InvalidFile, having stored nothing.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise InvalidFile(_("The limit is %d MB. Split the file.") % (MAX_BYTES // 1024**2))
    run = ImportRun(file_name=str(upload.name)[-120:], sha256=_sha256(upload), by=by)
    results = []
    for row in _plan(upload, run):
        results.append(row.result.value)
        if row.result not in ADDED and len(run.samples) < SAMPLES:
            run.samples.append([row.number, row.stated.email, row.result.value, row.reason])
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


def _plan(file: "File[bytes]", run: ImportRun) -> Iterator[Row]:
    """Yield each row with its result, and note unknown columns.

    Looks up known and suppressed addresses when the first row of a batch is taken. Memory holds one
    batch, and 16 bytes for each earlier address.
    """
    ignored, rows = read(file, frozenset(Topic.objects.values_list("slug", flat=True)))
    run.ignored = ", ".join(ignored)[:200]
    numbered, seen = enumerate(rows, start=1), set[bytes]()
    while batch := list(islice(numbered, BATCH)):
        known, blocked = _existing([row.email for _number, row in batch])
        for number, row in batch:
            yield Row(number, row, *_result(row, known, blocked, seen))


def _existing(emails: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the known addresses of a batch with their state, and the suppressed hashes with the
    reason. In this order: a person erased between the two queries is found by the second."""
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
        for row in _plan(file, run):
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
            plan = _plan(file, run)
            while _import_batch(run, plan):
                pass
    except (NotPossible, InvalidFile) as error:
        ImportRun.objects.filter(pk=run.pk).update(problem=str(error)[:200])
    ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(
        state=ImportState.DONE, finished_at=timezone.now()
    )


@transaction.atomic
def _import_batch(run: ImportRun, plan: Iterator[Row]) -> bool:
    """Add those of a batch who were to be added and still can be, and store how far it is; return
    whether there was a batch."""
    row = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    batch = list(islice(plan, BATCH))  # looked up in this transaction
    if not batch or row.state != ImportState.RUNNING or row.position != batch[0].number - 1:
        return bool(batch)  # another worker has done it
    wanted = [each for each in batch if row.results[each.number - 1] in ADDED]
    people = [each.stated for each in wanted if each.result in ADDED]
    created = create_subscribers([each for each in people if isinstance(each, Person)], run=row)
    confirmed = sum(person.confirmed_at is not None for person in created)
    row.position += len(batch)
    row.added += confirmed
    row.asked += len(created) - confirmed
    row.changed += len(wanted) - len(created)
    row.save(update_fields=["position", "added", "asked", "changed"])
    return True


def create_subscribers(people: Sequence[Person], *, run: ImportRun) -> list[Person]:
    """Create subscribers with their consents, and email those who have to confirm.

    Returns those who were created: not those who signed up in another way at this very moment.
    Call it in the transaction that marks the batch as done.
    """
    # sorted: two imports of the same people must not wait for each other
    rows = [_subscriber(person) for person in sorted(people, key=lambda person: person.email)]
    Subscriber.objects.bulk_create(rows, ignore_conflicts=True)
    made = Subscriber.objects.filter(token__in=[row.token for row in rows])
    pks = dict(made.values_list("email", "pk"))
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
    state, confirmed_at = SubscriberState.ACTIVE, person.confirmed_at
    return Subscriber(email=person.email, state=state, confirmed_at=confirmed_at, **person.details)


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
        consent.origin += f", stated for {person.requested_at:%Y-%m-%d}"
        consent.requested_at = timezone.now()
        consent.details = {name: value for name, value in person.details.items() if value}
    return consent


# --- Cleanup -------------------------------------------------------------------------------------


@shared_task
def sweep() -> None:
    """Continue imports whose worker died; an hour after their dry run, delete files and the
    addresses on their pages. Totals stay."""
    stopped = timezone.now() - timedelta(minutes=1)
    for run in ImportRun.objects.filter(state=ImportState.RUNNING, started_at__lt=stopped):
        resume(run)
    with transaction.atomic():
        old = ImportRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            checked_at__lt=timezone.now() - KEPT_FOR
        )
        for run in old.exclude(state=ImportState.RUNNING).exclude(stored=""):
            storages["private"].delete(run.stored)
            run.stored, run.samples = "", []
            if run.state == ImportState.CHECKED:
                run.state = ImportState.EXPIRED
            run.save(update_fields=["stored", "samples", "state"])
