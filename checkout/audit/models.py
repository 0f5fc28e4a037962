"""What each audit found, kept so that staff see when the shop was last known to be right."""

from datetime import timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

#: A run that has not ended after this has died.
LONGEST_RUN = timedelta(hours=1)
#: The audit runs every night; after this its result is old.
OLD_AFTER = timedelta(hours=26)


class Verdict(Enum):
    """What staff read first about a run: a sign and words."""

    CLEAN = "✓ Nothing wrong"
    BREACHED = "✗ Breaches found"
    UNFINISHED = "! Not everything could be checked"
    RUNNING = "… Running"
    DIED = "! Broke off"


class AuditRun(models.Model):
    """One walk over everything. It holds no personal data: order numbers, SKUs, Stripe's ids."""

    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    breach_count = models.PositiveIntegerField("breaches", default=0)
    checks: Any = models.JSONField(
        default=list, help_text="For each check: name, proves, looked_at, breaches, whole."
    )
    breaches: Any = models.JSONField(
        default=list, help_text="Each with check, subject, what, todo; the first of each check."
    )
    unanswered: Any = models.JSONField(
        default=list, help_text="What could not be checked, and why; then the run proves nothing."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        get_latest_by = "pk"
        verbose_name = "audit"
        permissions = [("run_audit", "Can run the audit of money and stock")]

    def __str__(self) -> str:
        return f"Audit {self.pk}"

    @property
    def is_clean(self) -> bool:
        """Tell whether everything was looked at and nothing was wrong."""
        return bool(self.finished_at) and not self.breach_count and not self.unanswered

    @property
    def verdict(self) -> Verdict:
        """Return the outcome as staff read it."""
        if self.finished_at is None:
            young = timezone.now() - self.started_at < LONGEST_RUN
            return Verdict.RUNNING if young else Verdict.DIED
        if self.breach_count:
            return Verdict.BREACHED
        return Verdict.UNFINISHED if self.unanswered else Verdict.CLEAN

    @property
    def is_old(self) -> bool:
        """Tell whether a nightly run must have been missed since."""
        return timezone.now() - self.started_at > OLD_AFTER

    @property
    def last_line(self) -> str:
        """Return the outcome in one line, as commands print it."""
        if self.finished_at is None:
            return "audit: unfinished"
        if self.unanswered:
            return f"audit: unfinished, {self.breach_count} breaches in what could be asked"
        return f"audit: {self.breach_count} breaches"
