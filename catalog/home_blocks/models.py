"""Blocks of the home page."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_POSITION, Bounds
from microflight.core.history import History
from microflight.core.scheduled import Scheduled


class HomeBlock(Scheduled):
    """A text on the home page."""

    title = models.CharField(_("heading"), max_length=120)
    text = models.TextField(_("text"), max_length=4_000, help_text=_("Markdown."))
    link = models.CharField(
        _("link"), max_length=200, blank=True, help_text=_("A page of the shop, or an https URL.")
    )
    link_text = models.CharField(_("button"), max_length=60, blank=True)
    position = models.IntegerField(
        _("position"), default=0, help_text=_("The lowest number comes first.")
    )

    history = History()

    class Meta(Scheduled.Meta):
        abstract = False
        ordering = ["position", "pk"]
        verbose_name = _("home page block")
        verbose_name_plural = _("home page blocks")
        constraints = [
            *Scheduled.Meta.constraints,
            Bounds("position", -MAX_POSITION, MAX_POSITION),
            models.CheckConstraint(
                condition=Q(link="", link_text="") | ~Q(link="") & ~Q(link_text=""),
                name="home_block_button_has_link",
                violation_error_message=_("Enter a link and the text of its button, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return self.title
