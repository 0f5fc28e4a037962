"""Site-wide notices."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class NoticeQuerySet(models.QuerySet["Notice"]):
    def not_ended(self) -> "NoticeQuerySet":
        """Return the notices that are shown now or later; newest first."""
        return self.filter(models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=timezone.now()))


class Notice(models.Model):
    """A line at the top of every page, from `starts_at` until `ends_at`."""

    text = models.CharField(_("text"), max_length=255)
    link = models.CharField(_("link"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("shown from"))
    ends_at = models.DateTimeField(_("shown until"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return self.text

    def is_active(self, moment: datetime) -> bool:
        """Return whether pages show the notice at a moment."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)
