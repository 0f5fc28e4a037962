"""Facts that others decide (taxes, carriers, laws), stored as rows with their source."""

from datetime import date

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SourcedRowQuerySet(models.QuerySet["SourcedRow"]):
    """Selects facts by when they must be checked."""

    def overdue(self, day: date | None = None) -> "SourcedRowQuerySet":
        """Select the facts whose check-again date has passed, in shop time."""
        return self.filter(check_again_on__lt=day or timezone.localdate())


class SourcedRow(models.Model):
    """A fact with its source, which staff check again by a date.

    Overdue rows of each model that inherits this are on the admin's start page. A `Meta` class
    of the model inherits `SourcedRow.Meta` only if it needs nothing else.
    """

    source = models.CharField(
        _("source"), max_length=300, help_text=_("The law, web page or document that states it.")
    )
    source_date = models.DateField(_("source date"), help_text=_("When the source was read."))
    check_again_on = models.DateField(
        _("check again on"), help_text=_("From the next day, it is on the start page as overdue.")
    )
    confirmed = models.BooleanField(
        _("confirmed"),
        default=False,
        help_text=_("The source is the authority itself, or has confirmed it."),
    )

    objects = SourcedRowQuerySet.as_manager()

    class Meta:
        abstract = True


def sourced_models() -> list[type[SourcedRow]]:
    """Return all models of facts with a source."""
    return [model for model in apps.get_models() if issubclass(model, SourcedRow)]
