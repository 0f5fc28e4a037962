"""Imports that staff started: a file until it is imported, and the report."""

from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """What an import may do; the values are those of `resources`."""

    UPDATE = "update", _("update existing rows")
    CREATE = "create", _("create new rows")
    BOTH = "both", _("update and create")


class State(models.TextChoices):
    """Where an import is."""

    CHECKING = "checking", _("checking")
    CHECKED = "checked", _("checked")
    IMPORTING = "importing", _("importing")
    UPDATING = "updating", _("imported, updating pages")
    IMPORTED = "imported", _("imported")
    FAILED = "failed", _("failed")


RUNNING = (State.CHECKING, State.IMPORTING, State.UPDATING)


def _private() -> Any:
    return storages["private"]


class ImportJob(models.Model):
    """An import of one file. The file is deleted when the job ends; the report stays."""

    dataset = models.CharField(_("dataset"), max_length=20)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices, default=Mode.UPDATE)
    file = models.FileField(
        _("file"), upload_to="imports/", storage=_private, blank=True, editable=False
    )
    file_name = models.CharField(_("file"), max_length=120)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.CHECKING
    )
    #: How many rows are done in this state, and when that last changed.
    done = models.PositiveIntegerField(default=0, editable=False)
    progress_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    message = models.CharField(_("message"), max_length=500, blank=True)
    #: `errors` and `changes`, as lists of cells, and `hashes` (see `report.Report`).
    report = models.JSONField(_("report"), default=dict, editable=False)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ("add", "view")

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING
