"""The results of audits, so that staff see when the shop was last checked."""

from datetime import timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: A run that has not finished by then was interrupted.
LONGEST_RUN = timedelta(hours=1)
#: The audit runs every night, so a result this old means that a run was missed.
OLD_AFTER = timedelta(hours=26)


class Verdict(Enum):
    """The result of a run, as staff see it."""

    CLEAN = _("✓ No problems")
    BREACHED = _("✗ Problems found")
    INCOMPLETE = _("! Incomplete")
    RUNNING = _("… Running")
    INTERRUPTED = _("! Interrupted")


class AuditRun(models.Model):
    """One audit. Holds no personal data, only order numbers, SKUs and Stripe IDs."""

    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    breach_count = models.PositiveIntegerField(_("problems"), default=0)
    checks: Any = models.JSONField(
        default=list, help_text=_("For each check: name, rule, checked, breaches, complete.")
    )
    breaches: Any = models.JSONField(
        default=list, help_text=_("The first of each check: check, subject, problem, action.")
    )
    not_checked: Any = models.JSONField(
        default=list, help_text=_("What could not be checked, and why.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        get_latest_by = "pk"
        verbose_name = _("audit")
        verbose_name_plural = _("audits")
        permissions = [("run_audit", "Can run the audit of payments and stock")]

    def __str__(self) -> str:
        return f"Audit {self.pk}"

    @property
    def is_clean(self) -> bool:
        """Tell whether everything was checked and no problem was found."""
        return bool(self.finished_at) and not self.breach_count and not self.not_checked

    @property
    def verdict(self) -> Verdict:
        """Return the result as staff see it."""
        if self.finished_at is None:
            is_recent = timezone.now() - self.started_at < LONGEST_RUN
            return Verdict.RUNNING if is_recent else Verdict.INTERRUPTED
        if self.breach_count:
            return Verdict.BREACHED
        return Verdict.INCOMPLETE if self.not_checked else Verdict.CLEAN

    @property
    def is_old(self) -> bool:
        """Tell whether a nightly run was missed since."""
        return timezone.now() - self.started_at > OLD_AFTER

    @property
    def last_line(self) -> str:
        """Return the result in one line, as commands print it."""
        if self.finished_at is None:
            return "audit: unfinished"
        if self.not_checked:
            return f"audit: unfinished, {self.breach_count} breaches in what could be asked"
        return f"audit: {self.breach_count} breaches"
