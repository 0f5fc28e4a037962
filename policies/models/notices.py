"""Site-wide notices."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from microflight.core.history import History
from microflight.core.scheduled import Scheduled


class Notice(Scheduled):
    """A line at the top of every page."""

    is_published = models.BooleanField(
        _("published"), default=True, help_text=_("Unchecked: a draft.")
    )
    text = models.CharField(_("text"), max_length=255)
    link = models.CharField(
        _("link"), max_length=200, blank=True, help_text=_("A page of the shop, or an https URL.")
    )

    history = History()

    class Meta(Scheduled.Meta):
        abstract = False
        ordering = ["-starts_at"]
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return self.text
