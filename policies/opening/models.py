"""Opening hours, non-working days and away periods, all of which staff edit."""

from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import FIRST_DAY, LAST_DAY, Bounds
from microflight.core.history import History
from microflight.core.overlaps import NoOverlap
from microflight.core.page_cache import InvalidatesPages


class Calendar(models.TextChoices):
    """Whose day it is: the shop's holidays, or days without mail."""

    SHOP = "shop", _("shop: Saskatchewan public holidays")
    CARRIER = "carrier", _("carrier: no collection or delivery")


class OpeningHours(InvalidatesPages, models.Model):
    """The hours of a weekday in Saskatoon; closed all day without times.

    Orders paid before `cutoff` count as of that day.
    """

    weekday = models.PositiveSmallIntegerField(
        _("weekday"), unique=True, choices=list(WEEKDAYS.items())
    )
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)
    cutoff = models.TimeField(
        _("order cutoff"),
        null=True,
        blank=True,
        help_text=_("Orders placed later count as of the next working day."),
    )

    class Meta:
        ordering = ["weekday"]
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        constraints = [
            Bounds("weekday", 0, 6),
            models.CheckConstraint(
                condition=Q(opens=None, closes=None, cutoff=None)
                | Q(
                    opens__isnull=False,
                    closes__isnull=False,
                    cutoff__isnull=False,
                    opens__lt=F("closes"),
                    cutoff__gte=F("opens"),
                    cutoff__lte=F("closes"),
                ),
                name="opening_hours_are_complete_and_in_order",
                violation_error_message=_(
                    "Enter all three times, with the cutoff between opening and closing, "
                    "or leave all three empty for a closed day."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(WEEKDAYS[self.weekday])


class NonWorkingDay(InvalidatesPages, models.Model):
    """A day on which the shop is closed, or on which the carrier does not work.

    A job adds the days of the next years. An excluded row is an ordinary day, and stays excluded.
    """

    calendar = models.CharField(_("calendar"), max_length=10, choices=Calendar.choices)
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=100)
    source = models.CharField(_("source"), max_length=200, blank=True)
    excluded = models.BooleanField(
        _("excluded"), default=False, help_text=_("An ordinary day: work goes on.")
    )

    class Meta:
        ordering = ["day", "calendar"]
        verbose_name = _("non-working day")
        verbose_name_plural = _("non-working days")
        constraints = [
            models.UniqueConstraint(fields=["calendar", "day"], name="opening_day_once_a_calendar")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class AwayPeriod(InvalidatesPages, models.Model):
    """The shop is closed from the first moment of `starts_on` to the first of `reopens_on`, in
    Saskatoon. Active periods do not overlap."""

    starts_on = models.DateField(_("first day away"))
    reopens_on = models.DateField(
        _("reopens on"),
        help_text=_("The first day the shop is open again. You can change it later."),
    )
    text = models.CharField(
        _("text"),
        max_length=255,
        help_text=_("Shown first on every page, followed by the day of reopening."),
    )
    mailbox = models.EmailField(
        _("monitored mailbox"), blank=True, help_text=_("Email to it is answered meanwhile.")
    )
    active = models.BooleanField(
        _("active"), default=True, help_text=_("Switch off to keep it without effect.")
    )

    history = History()

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("away period")
        verbose_name_plural = _("away periods")
        constraints = [
            Bounds("starts_on", FIRST_DAY, LAST_DAY),
            Bounds("reopens_on", FIRST_DAY, LAST_DAY),
            models.CheckConstraint(
                condition=Q(reopens_on__gt=F("starts_on")),
                name="opening_reopens_after_it_starts",
                violation_error_message=_("The shop must reopen after the first day away."),
            ),
            NoOverlap(
                name="away_once_at_a_time",
                ends="reopens_on",
                ends_before=True,
                only_if="active",
                violation_error_message=_(
                    "The shop is already away from %(first)s until it reopens on %(last)s. "
                    "Change that period, or enter other days."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.reopens_on}"
