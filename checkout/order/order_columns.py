"""Columns for the dates that checkout promised, and for orders that wait."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PromisedDates(models.Model):
    """The dates that checkout promised for an order (its last line) or a line; empty if one was not
    known. They stay as promised."""

    ships_by = models.DateField(_("promised to ship by"), null=True, blank=True, editable=False)
    arrives_from = models.DateField(null=True, blank=True, editable=False)
    arrives_by = models.DateField(_("promised to arrive by"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class Hold(models.Model):
    """Whether an order waits until the shop reopens, and when it was released; and why staff hold
    it, until they release it."""

    on_hold = models.BooleanField(
        _("on hold"), default=False, help_text=_("Some lines do not ship before the shop reopens.")
    )
    hold_released_at = models.DateTimeField(
        _("released from hold"), null=True, blank=True, editable=False
    )
    staff_hold = models.CharField(
        _("held by staff"), max_length=255, blank=True, editable=False, help_text=_("The reason.")
    )

    class Meta:
        abstract = True
