"""From what sales on a place requires a registration, and exchange rates to compare them."""

import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.address.models import Country

from accounts.provinces import CANADA
from microflight.core.bounds import MAX_SUM, Bounds
from microflight.core.sourced_rows import SourcedRow

#: The currencies of the thresholds.
CURRENCIES = [(code, code) for code in ("CAD", "AUD", "CHF", "EUR", "GBP", "NOK", "NZD", "USD")]


class Period(models.TextChoices):
    """The sales that count."""

    CALENDAR_YEAR = "calendar-year", _("this calendar year")
    TWELVE_MONTHS = "twelve-months", _("the last 12 months")


class TaxThreshold(SourcedRow):
    """Sales to a country or a Canadian province from which on the shop must register there."""

    country = models.CharField(
        _("country"), max_length=2, help_text=_("Two capital letters (ISO 3166): NO, GB.")
    )
    province = models.CharField(
        _("province"),
        max_length=3,
        blank=True,
        choices=sorted(CANADA.items()),
        help_text=_("In Canada only."),
    )
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=2, help_text=_("0: from the first sale.")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CAD")
    period = models.CharField(
        _("period"), max_length=16, choices=Period.choices, default=Period.TWELVE_MONTHS
    )
    registered_on = models.DateField(
        _("registered on"),
        null=True,
        blank=True,
        help_text=_("Turns off the warning. In Canada, a tax registration does so."),
    )

    class Meta:
        ordering = ["country", "province"]
        verbose_name = _("tax threshold")
        verbose_name_plural = _("tax thresholds")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "province"], name="one_threshold_per_country_and_province"
            ),
            Bounds("amount", 0, MAX_SUM),
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"),
                name="threshold_of_a_country_code",
                violation_error_message=_("Enter the country as two capital letters: NO."),
            ),
            models.CheckConstraint(
                condition=models.Q(province="") | models.Q(country="CA"),
                name="threshold_with_a_province_in_canada",
                violation_error_message=_("Only Canada has provinces here."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    period__in=Period.values, currency__in=[code for code, _name in CURRENCIES]
                ),
                name="threshold_of_a_known_period_and_currency",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.province}".strip()

    def clean(self) -> None:
        """Reject a code of no country: its sales would be zero for ever."""
        super().clean()
        known = Country.objects.filter(pk=self.country)
        if re.fullmatch("[A-Z]{2}", self.country) and not known.exists():
            raise ValidationError({"country": gettext("There is no country with this code.")})


class ExchangeRate(SourcedRow):
    """What one unit of a currency costs in CAD, from a day on."""

    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES[1:])
    cad = models.DecimalField(
        _("in CAD"), max_digits=10, decimal_places=5, help_text=_("What one unit costs: 1.84320.")
    )
    starts_on = models.DateField(_("first day"))

    class Meta:
        ordering = ["currency", "-starts_on"]
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "starts_on"], name="one_exchange_rate_per_currency_and_day"
            ),
            Bounds("cad", Decimal("0.00001"), 10_000),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.cad}"
