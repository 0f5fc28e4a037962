"""An import job: dry run, import, end. Both run in Celery; killed ones are redelivered."""

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from microflight.core import history, page_cache
from microflight.core.csv_files import InvalidFile
from microflight.core.errors import ServiceError
from microflight.core.row_locks import lock_names
from microflight.imports.datasets import DATASETS
from microflight.imports.files import read_rows
from microflight.imports.images import ImageImport
from microflight.imports.models import RUNNING, ImportJob, State
from microflight.imports.report import CellError, Report

logger = logging.getLogger(__name__)
IMAGES = "images"
KEEP_FILE_DAYS = 2
MAX_LISTED = 1000  # errors and changes that a report lists
#: A job without progress for so long was stopped: saving 20,000 rows takes less.
QUIET_SECONDS = 120
MAX_ATTEMPTS = 3


class Rejected(Exception):
    """The import changed nothing; the text says why."""


def start_check(data: bytes, *, dataset: str, mode: str, file_name: str, by: Any) -> ImportJob:
    """Store a file and queue its dry run. Raises InvalidFile for a file that cannot be read."""
    if dataset != IMAGES:
        _header, _rows = _read(dataset, data)
    job = ImportJob(dataset=dataset, mode=mode, file_name=file_name[-120:], by=by)
    job.file.save("import", ContentFile(data))  # saves the job; the storage chooses another name
    transaction.on_commit(lambda: check.delay(job.pk))
    return job


@transaction.atomic
def start_import(job: ImportJob) -> None:
    """Queue the import of a checked file. Raises ServiceError if it was started before."""
    checked = ImportJob.objects.filter(pk=job.pk, state=State.CHECKED)
    started = {"state": State.IMPORTING, "done": 0, "attempts": 0, "progress_at": None}
    if not checked.update(**started):
        raise ServiceError(_("This import was started before."))
    transaction.on_commit(lambda: run.delay(job.pk))


@shared_task
def check(pk: int) -> None:
    """Run a dry run, which saves nothing, and store its report."""
    if (job := _claim(pk, State.CHECKING)) is None:
        return
    try:
        report = _plan(job)[1]
    except Exception as error:
        _fail(job, error)
        return
    if not _is_current(job):
        return
    if report.errors:
        job.message = _("Nothing was imported. Correct the cells below, and upload the file again.")
    _note(job, report)
    job.state = State.FAILED if report.errors else State.CHECKED
    _end(job) if report.errors else job.save()


@shared_task
def run(pk: int) -> None:
    """Import a checked file: all rows, or none if one of them changed since the dry run."""
    job = _claim(pk, State.IMPORTING, State.UPDATING)
    if job is None:
        return
    state = job.state
    try:
        importer = _import(job) if state == State.IMPORTING else _importer(job)
    except Exception as error:
        job.state = state  # a constraint may fail at the commit, after the next state was set
        _fail(job, error)
        return
    importer.finish()  # `resume` repeats it if it fails
    job.state = State.IMPORTED
    _end(job)


def _import(job: ImportJob) -> Any:
    """Plan the rows again, and save them if they change what the dry run showed."""
    importer, report = _plan(job)
    report.errors.extend(_changed_since(report, job.report.get("hashes", {})))
    _reject(job, report)
    importer.prepare()
    reason = f"Import {job.pk}: {job.file_name}"
    with page_cache.invalidated_once(), history.recorded(job.by, reason), transaction.atomic():
        lock_names("imports")
        rows = ImportJob.objects.select_for_update().filter(pk=job.pk)
        if rows.get().state != State.IMPORTING:
            raise Rejected  # another worker has imported it: `_fail` leaves it alone
        report.errors.extend(importer.apply())
        _reject(job, report)
        _note(job, report)
        job.state = State.UPDATING
        job.done = 0
        job.save()
    return importer


def _changed_since(report: Report, hashes: dict[str, str]) -> list[CellError]:
    """Return the rows that would change something else than in the dry run."""
    now, text = report.hashes(), _("Someone saved this row since the check.")
    differ = {number for number in {*now, *hashes} if now.get(number) != hashes.get(number)}
    keys = {str(number): key for number, key, *_cell in report.changes}
    return [CellError(int(number), "", keys.get(number, ""), text) for number in differ]


def _reject(job: ImportJob, report: Report) -> None:
    """Raise Rejected if there are errors, and note them."""
    if report.errors:
        report.errors.sort(key=lambda one: one.row)
        _note(job, report._replace(created=0, updated=0, changes=[]))
        raise Rejected(
            _("Nothing was imported. Correct the rows below, and upload the file again.")
        )


def _claim(pk: int, *states: str) -> ImportJob | None:
    """Return a job in one of these states, unless another worker makes progress with it."""
    quiet = timezone.now() - timedelta(seconds=QUIET_SECONDS)
    free = Q(progress_at=None) | Q(progress_at__lt=quiet)
    claimed = ImportJob.objects.filter(free, pk=pk, state__in=states)
    if not claimed.update(progress_at=timezone.now(), attempts=F("attempts") + 1):
        return None
    job = ImportJob.objects.get(pk=pk)
    if job.attempts > MAX_ATTEMPTS and job.state != State.UPDATING:
        _fail(job, Rejected(_("The server stopped during each attempt. Split the file.")))
        return None
    return job


@shared_task
def resume() -> None:
    """Continue jobs whose worker was stopped."""
    for job in ImportJob.objects.filter(state__in=RUNNING):
        if is_quiet(job):
            (check if job.state == State.CHECKING else run).delay(job.pk)


def is_quiet(job: ImportJob) -> bool:
    """Tell whether a running job has made no progress for some time."""
    latest = job.progress_at or job.started_at
    return job.is_running and timezone.now() - latest > timedelta(seconds=QUIET_SECONDS)


@shared_task
def delete_files() -> None:
    """End jobs that were not started, and delete their files."""
    before = timezone.now() - timedelta(days=KEEP_FILE_DAYS)
    jobs = ImportJob.objects.filter(started_at__lt=before).exclude(state__in=RUNNING)
    for job in jobs.exclude(file=""):
        job.state, job.message = State.FAILED, _("It was not started in time.")
        _end(job)


def _read(dataset: str, data: bytes) -> Any:
    """Return header and rows, with the columns of the dataset only. Raises InvalidFile."""
    header, rows = read_rows(data)
    resource = DATASETS[dataset][1]()
    columns = resource.columns()
    if unknown := [name for name in header if name not in columns]:
        text = _("Unknown columns: %(names)s. Known: %(known)s.")
        values = {"names": ", ".join(unknown)[:200], "known": ", ".join(columns)}
        raise InvalidFile(text % values)
    if missing := [name for name in resource.key_columns if name not in header]:
        raise InvalidFile(_("Missing columns: %s.") % ", ".join(missing))
    if len(set(header)) < len(header):
        raise InvalidFile(_("Two columns have the same name."))
    return header, rows


def _importer(job: ImportJob) -> Any:
    """Return what imports the dataset of a job, and says how far it is."""
    importer: Any = ImageImport() if job.dataset == IMAGES else DATASETS[job.dataset][1]()
    importer.mode, importer.by = job.mode, job.by
    row = ImportJob.objects.filter(pk=job.pk)
    importer.on_progress = lambda done: row.update(done=done, progress_at=timezone.now())
    return importer


def _plan(job: ImportJob) -> tuple[Any, Report]:
    """Return the importer of a job with its plan, and the report. Raises InvalidFile."""
    importer = _importer(job)
    with job.file.open() as file:
        data = file.read()
    if job.dataset == IMAGES:
        return importer, importer.plan(data)
    header, rows = _read(job.dataset, data)
    job.rows = len(rows)
    ImportJob.objects.filter(pk=job.pk).update(rows=job.rows)
    return importer, importer.plan(header, rows)


def _note(job: ImportJob, report: Report) -> None:
    job.created, job.updated, job.unchanged = report.created, report.updated, report.unchanged
    job.rows = job.done = max(job.rows, report.created + report.updated + report.unchanged)
    job.report = {
        "errors": report.errors[:MAX_LISTED],
        "changes": report.changes[:MAX_LISTED],
        "hashes": report.hashes(),
    }


def _is_current(job: ImportJob) -> bool:
    """Tell whether no other worker has taken a job to its next state: brokers deliver twice."""
    return ImportJob.objects.filter(pk=job.pk, state=job.state).exists()


def _fail(job: ImportJob, error: Exception) -> None:
    """End a job with a message for staff; what they cannot solve is logged."""
    if not _is_current(job):
        return
    job.state = State.FAILED
    if isinstance(error, InvalidFile | Rejected):
        job.message = str(error)[:500]
    elif isinstance(error, IntegrityError):
        job.message = _(
            "Someone created or deleted one of these rows meanwhile. Upload the file again."
        )
    else:
        logger.exception("Import %s failed", job.pk)
        job.message = _("The import failed. Nothing was changed.")
    _end(job)


def _end(job: ImportJob) -> None:
    """Save a job, and delete its file once that is committed."""
    name, storage = job.file.name, job.file.storage
    job.file = ""
    job.report.pop("hashes", None)
    job.save()
    if name:
        transaction.on_commit(lambda: storage.delete(name))
