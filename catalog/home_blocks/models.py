"""Blocks of the home page."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_POSITION, Bounds


class HomeBlockQuerySet(models.QuerySet["HomeBlock"]):
    def not_ended(self) -> "HomeBlockQuerySet":
        """Return the published blocks that are shown now or later, in order."""
        now = timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), is_published=True)


class HomeBlock(models.Model):
    """A text on the home page, from `starts_at` until `ends_at`. Shoppers never see a draft."""

    title = models.CharField(_("heading"), max_length=120)
    text = models.TextField(_("text"), max_length=4_000, help_text=_("Markdown."))
    link = models.CharField(
        _("link"), max_length=200, blank=True, help_text=_("A page of the shop, or an https URL.")
    )
    link_text = models.CharField(_("button"), max_length=60, blank=True)
    position = models.IntegerField(
        _("position"), default=0, help_text=_("The lowest number comes first.")
    )
    is_published = models.BooleanField(
        _("published"), default=False, help_text=_("Unchecked: a draft.")
    )
    starts_at = models.DateTimeField(_("shown from"), default=timezone.now)
    ends_at = models.DateTimeField(_("shown until"), null=True, blank=True)

    objects = HomeBlockQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("home page block")
        verbose_name_plural = _("home page blocks")
        constraints = [
            Bounds("position", -MAX_POSITION, MAX_POSITION),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="home_block_ends_after_start",
                violation_error_message=_("It ends before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(link="", link_text="") | ~Q(link="") & ~Q(link_text=""),
                name="home_block_button_has_link",
                violation_error_message=_("Enter a link and the text of its button, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_active(self, moment: datetime) -> bool:
        """Return whether the home page shows it at a moment, if it is published."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)
