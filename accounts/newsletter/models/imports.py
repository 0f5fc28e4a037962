"""Lists that staff bring along: each is checked first, and taken over only after that."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Verdict(models.TextChoices):
    """What becomes of a row of a list. One letter, so that 100,000 are kept in 100 kB."""

    NEW = "n", "new, subscribed at once"
    ASKED = "a", "new, asked to confirm"
    KNOWN = "k", "already in our books"
    SUPPRESSED = "s", "on the suppression list"
    DUPLICATE = "d", "twice in this file"
    NO_CONSENT = "c", "no stated consent"
    BAD_ADDRESS = "b", "bad address"
    UNUSABLE = "x", "another field is wrong"


#: What adds somebody. Every other verdict leaves everything as it is.
TAKEN = (Verdict.NEW, Verdict.ASKED)


class ImportState(models.TextChoices):
    """Where a list stands."""

    CHECKED = "checked", "checked, nothing imported yet"
    RUNNING = "running", "being imported"
    DONE = "done", "imported"
    EXPIRED = "expired", "checked, never imported"


class ImportRun(models.Model):
    """One uploaded list: what the check found, and how far it has been taken over.

    The file lies in the private store for an hour and is deleted then; totals stay.
    """

    file_name = models.CharField(max_length=120)
    stored = models.CharField(max_length=120, blank=True, help_text="Empty: deleted.")
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=7, choices=ImportState.choices, default=ImportState.CHECKED)
    rows = models.PositiveIntegerField(default=0)
    verdicts = models.TextField(blank=True, help_text="One letter for each row, in their order.")
    samples = models.JSONField(default=list, help_text="The first rows that stay outside, and why.")
    ignored = models.CharField(max_length=200, blank=True, help_text="Columns nobody reads.")
    position = models.PositiveIntegerField(default=0, help_text="Rows gone through.")
    added = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(
        default=0, help_text="Were to be added, and were known or suppressed by then."
    )
    problem = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    checked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "imported list"
        default_permissions = ("add", "view")

    def __str__(self) -> str:
        return self.file_name

    def total(self, verdict: str) -> int:
        """Return how many rows got a verdict when the list was checked."""
        return self.verdicts.count(verdict)

    @property
    def to_add(self) -> int:
        """Return how many people the list would add."""
        return sum(self.total(verdict) for verdict in TAKEN)
