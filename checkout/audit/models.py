"""What each audit found, kept so that staff see when the shop was last known to be right."""

from typing import Any

from django.conf import settings
from django.db import models


class AuditRun(models.Model):
    """One walk over everything. It holds no personal data: order numbers, SKUs, Stripe's ids."""

    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    breach_count = models.PositiveIntegerField("breaches", default=0)
    checks: Any = models.JSONField(
        default=list, help_text="For each check: name, proves, looked_at, breaches."
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
    def last_line(self) -> str:
        """Return the outcome in one line, as commands print it."""
        if self.finished_at is None:
            return "audit: unfinished"
        if self.unanswered:
            return f"audit: unfinished, {self.breach_count} breaches in what could be asked"
        return f"audit: {self.breach_count} breaches"
