"""What staff publish for a time: drafts, and rows that visitors see from a start to an end."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from microflight.core.page_cache import InvalidatesPages, expire_at


class ScheduledQuerySet(models.QuerySet):
    def not_ended(self) -> Any:
        """Return the published rows that are shown now or later."""
        now = timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), is_published=True)

    def active(self) -> Any:
        """Return the rows that are shown now."""
        return self.not_ended().filter(starts_at__lte=timezone.now())


class Scheduled(InvalidatesPages, models.Model):
    """A row that pages show from `starts_at` until `ends_at`. Visitors never see a draft."""

    is_published = models.BooleanField(
        _("published"), default=False, help_text=_("Unchecked: a draft.")
    )
    starts_at = models.DateTimeField(_("shown from"), default=timezone.now)
    ends_at = models.DateTimeField(_("shown until"), null=True, blank=True)

    objects = ScheduledQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="%(app_label)s_%(class)s_ends_after_start",
                violation_error_message=_("It ends before it starts."),
            )
        ]

    def is_active(self, moment: datetime) -> bool:
        """Return whether pages show it at a moment, if it is published."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


def active(request: HttpRequest, rows: Iterable[Any]) -> list[Any]:
    """Return the rows that are shown now; the page expires when that changes."""
    now, found = timezone.now(), list(rows)
    times = [time for row in found for time in (row.starts_at, row.ends_at) if time and time > now]
    if times:
        expire_at(request, min(times))
    return [row for row in found if row.is_active(now)]
