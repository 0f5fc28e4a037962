"""An import job: dry run, import, end. Both run in Celery; killed ones are redelivered."""

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from microflight.core import history, page_cache
from microflight.core.csv_files import InvalidFile
from microflight.core.errors import ServiceError
from microflight.core.row_locks import lock_names
from microflight.imports.datasets import DATASETS
from microflight.imports.files import read_rows
from microflight.imports.images import ImageImport
from microflight.imports.models import ImportJob, State
from microflight.imports.resources import Report

logger = logging.getLogger(__name__)
IMAGES = "images"
KEEP_FILE_DAYS = 2


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
    if not checked.update(state=State.IMPORTING):
        raise ServiceError(_("This import was started before."))
    transaction.on_commit(lambda: run.delay(job.pk))


@shared_task
def check(pk: int) -> None:
    """Run a dry run, which saves nothing, and store its report."""
    job = ImportJob.objects.filter(pk=pk, state=State.CHECKING).first()
    if job is None:
        return
    try:
        report = _run(job, dry_run=True)
    except Exception as error:
        _fail(job, error)
        return
    _note(job, report)
    job.state = State.FAILED if report.errors else State.CHECKED
    if report.errors:
        job.message = _("Nothing was imported. Correct the cells below, and upload the file again.")
    _end(job) if report.errors else job.save()


@shared_task
def run(pk: int) -> None:
    """Import a checked file: all rows, or none if anything changed since the dry run."""
    job = ImportJob.objects.filter(pk=pk).first()
    try:
        with transaction.atomic():
            job = ImportJob.objects.select_for_update().filter(pk=pk).first()
            if job is None or job.state != State.IMPORTING:
                return
            lock_names("imports")
            reason = f"Import {job.pk}: {job.file_name}"
            with page_cache.invalidated_once(), history.recorded(job.by, reason):
                report = _run(job, dry_run=False)
            if report.errors:
                raise Rejected(report.errors[0].message)
            if report.hash != job.hash:
                raise Rejected(_("Data changed since the check. Upload the file again."))
            _note(job, report)
            job.state = State.IMPORTED
            _end(job)
    except Exception as error:
        if job is not None:
            _fail(job, error)


@shared_task
def delete_files() -> None:
    """End jobs that were not started, and delete their files."""
    before = timezone.now() - timedelta(days=KEEP_FILE_DAYS)
    for job in ImportJob.objects.filter(started_at__lt=before).exclude(file=""):
        job.state, job.message = State.FAILED, _("It was not started in time.")
        _end(job)


def progress(job: ImportJob) -> int:
    """Return how many rows are done."""
    return min(int(cache.get(job.progress_key) or 0), job.rows)


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


def _run(job: ImportJob, *, dry_run: bool) -> Report:
    with job.file.open() as file:
        data = file.read()
    cache.delete(job.progress_key)
    resource: Any = ImageImport() if job.dataset == IMAGES else DATASETS[job.dataset][1]()
    resource.mode, resource.by, resource.progress_key = job.mode, job.by, job.progress_key
    if job.dataset == IMAGES:
        return resource.run(data, dry_run=dry_run)
    header, rows = _read(job.dataset, data)
    if dry_run:
        ImportJob.objects.filter(pk=job.pk).update(rows=len(rows))
        job.rows = len(rows)
    return resource.run(header, rows, dry_run=dry_run)


def _note(job: ImportJob, report: Report) -> None:
    job.created, job.updated, job.unchanged = report.created, report.updated, report.unchanged
    job.rows = max(job.rows, report.created + report.updated + report.unchanged)
    job.report = {"errors": report.errors[:5000], "changes": report.changes}
    job.hash = report.hash


def _fail(job: ImportJob, error: Exception) -> None:
    """End a job with a message for staff; what they cannot solve is logged."""
    job.state = State.FAILED
    if isinstance(error, InvalidFile | Rejected):
        job.message = str(error)[:500]
    else:
        logger.exception("Import %s failed", job.pk)
        job.message = _("The import failed. Nothing was changed.")
    _end(job)


def _end(job: ImportJob) -> None:
    """Save a job, and delete its file once that is committed."""
    name, storage = job.file.name, job.file.storage
    job.file = ""
    job.save()
    if name:
        transaction.on_commit(lambda: storage.delete(name))
