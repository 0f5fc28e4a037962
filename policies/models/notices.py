"""A line on top of every page."""

from datetime import datetime

from django.db import models


class NoticeQuerySet(models.QuerySet["Notice"]):
    def holding_at(self, moment: datetime) -> "NoticeQuerySet":
        """Return the notices to show at a moment, newest first."""
        ends_later = models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=moment)
        return self.filter(ends_later, starts_at__lte=moment)


class Notice(models.Model):
    """A line on top of every page, while it holds."""

    text = models.CharField(max_length=255)
    link = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]

    def __str__(self) -> str:
        return self.text
