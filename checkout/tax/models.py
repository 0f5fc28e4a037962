"""Sales tax: rates and registrations by date, and the tax of an order."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.provinces import CANADA
from checkout.tax.registration_numbers import registration_number
from microflight.core.bounds import MAX_TOTAL, Bounds
from microflight.core.money import format_percent
from microflight.core.overlaps import NoOverlap
from microflight.core.sourced_rows import SourcedRow

#: The highest rate: 50%.
MAX_RATE = Decimal("0.5")


#: The countries whose tax we collect.
COUNTRIES = [("CA", _("Canada"))]
PROVINCES = sorted(CANADA.items())


class Component(models.TextChoices):
    """The sales taxes of Canada and its provinces."""

    GST = "GST", _("GST")
    HST = "HST", _("HST")
    PST = "PST", _("PST")
    QST = "QST", _("QST")


class Jurisdiction(models.TextChoices):
    """Who levies a tax: Canada, or a province. Each one registers sellers and exempts customers."""

    CANADA = "CA", _("Canada (GST and HST)")
    BC = "BC", _("British Columbia (PST)")
    MB = "MB", _("Manitoba (RST)")
    QC = "QC", _("Quebec (QST)")
    SK = "SK", _("Saskatchewan (PST)")


#: The jurisdiction of a tax rate.
JURISDICTION = models.Case(
    models.When(component__in=(Component.GST, Component.HST), then=models.Value("CA")),
    default=models.F("province"),
)


class TaxRate(SourcedRow):
    """The rate of one component in one province, until a later one replaces it."""

    country = models.CharField(_("country"), max_length=2, default="CA", choices=COUNTRIES)
    province = models.CharField(_("province"), max_length=3, choices=PROVINCES)
    component = models.CharField(_("component"), max_length=8, choices=Component.choices)
    rate = models.DecimalField(
        _("rate"), max_digits=7, decimal_places=5, help_text=_("Enter 5% as 0.05.")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Leave empty for no last day.")
    )

    class Meta:
        ordering = ["country", "province", "component", "starts_on"]
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "province", "component", "starts_on"], name="one_rate_per_start"
            ),
            NoOverlap(
                "country",
                "province",
                covering=("component", Component.HST.value),
                name="one_tax_rate_per_day",
            ),  # fmt: skip
            Bounds("rate", 0, MAX_RATE),
            models.CheckConstraint(
                condition=models.Q(
                    country__in=[code for code, _name in COUNTRIES],
                    province__in=[code for code, _name in PROVINCES],
                    component__in=Component.values,
                ),
                name="tax_rate_of_a_known_place_and_component",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="rate_ends_after_it_starts",
                violation_error_message=_("The last day is not before the first day."),
            ),
        ]

    def __str__(self) -> str:
        text = gettext("%(component)s %(province)s %(rate)s from %(day)s")
        return text % {
            "component": self.component,
            "province": self.province,
            "rate": format_percent(self.rate),
            "day": self.starts_on,
        }


class TaxRegistration(SourcedRow):
    """The shop's registration in one jurisdiction: without one, its taxes are not collected."""

    jurisdiction = models.CharField(
        _("jurisdiction"), max_length=2, choices=Jurisdiction.choices, default=Jurisdiction.CANADA
    )
    number = models.CharField(
        _("registration number"), max_length=20, help_text=_("As invoices and orders show it.")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Leave empty for no last day.")
    )

    class Meta:
        ordering = ["jurisdiction", "starts_on"]
        verbose_name = _("tax registration")
        verbose_name_plural = _("tax registrations")
        constraints = [
            models.UniqueConstraint(
                fields=["jurisdiction", "starts_on"], name="one_registration_per_start"
            ),
            NoOverlap("jurisdiction", name="one_tax_registration_per_day"),
            models.CheckConstraint(
                condition=models.Q(jurisdiction__in=Jurisdiction.values),
                name="registration_of_a_known_jurisdiction",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="registration_ends_after_it_starts",
                violation_error_message=_("The last day is not before the first day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_jurisdiction_display()} {self.number}"

    def clean(self) -> None:
        """Store the number in its usual form. Raises ValidationError for a mistyped one."""
        self.number = registration_number(self.jurisdiction, self.number)


class TaxOnShipping(SourcedRow):
    """Whether a component in a province is charged on shipping, too; it is where no row is."""

    province = models.CharField(_("province"), max_length=3, choices=PROVINCES)
    component = models.CharField(_("component"), max_length=8, choices=Component.choices)
    taxed = models.BooleanField(
        _("shipping is taxed"), help_text=_("A change applies to new orders, at once.")
    )

    class Meta:
        ordering = ["province", "component"]
        verbose_name = _("tax on shipping")
        verbose_name_plural = _("taxes on shipping")
        constraints = [
            models.UniqueConstraint(
                fields=["province", "component"], name="one_switch_per_province_and_component"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    province__in=[code for code, _name in PROVINCES],
                    component__in=Component.values,
                ),
                name="shipping_tax_of_a_known_province_and_component",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.component} {self.province}"


class TaxExemption(models.Model):
    """A customer who does not pay the taxes of one jurisdiction, with a certificate."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="tax_exemptions",
        verbose_name=_("customer"),
    )
    jurisdiction = models.CharField(_("jurisdiction"), max_length=2, choices=Jurisdiction.choices)
    certificate = models.CharField(_("certificate number"), max_length=40)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(
        _("last day"), help_text=_("The expiry date: from the next day, taxes are charged.")
    )

    class Meta:
        ordering = ["user", "jurisdiction", "starts_on"]
        verbose_name = _("tax exemption")
        verbose_name_plural = _("tax exemptions")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "jurisdiction", "starts_on"], name="one_exemption_per_start"
            ),
            NoOverlap("user", "jurisdiction", name="one_tax_exemption_per_day"),
            models.CheckConstraint(
                condition=models.Q(jurisdiction__in=Jurisdiction.values),
                name="exemption_of_a_known_jurisdiction",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="exemption_ends_after_it_starts",
                violation_error_message=_("The last day is not before the first day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_jurisdiction_display()}: {self.certificate}"


class OrderExemption(models.Model):
    """A tax that an order does not have, because its customer is exempt."""

    order = models.ForeignKey(
        "order.Order", on_delete=models.CASCADE, related_name="tax_exemptions"
    )
    component = models.CharField(_("component"), max_length=8)
    province = models.CharField(_("province"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=5)
    certificate = models.CharField(_("certificate number"), max_length=40)

    class Meta:
        ordering = ["order", "component"]
        verbose_name = _("tax exemption of an order")
        verbose_name_plural = _("tax exemptions of orders")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "component"], name="one_exemption_per_order_and_component"
            ),
            Bounds("rate", 0, MAX_RATE),
        ]

    def __str__(self) -> str:
        return f"{self.component} {self.certificate}"


class TaxLine(models.Model):
    """The tax of one component on an order line, or on shipping if `line` is empty."""

    order = models.ForeignKey("order.Order", on_delete=models.CASCADE, related_name="tax_lines")
    line = models.ForeignKey(
        "order.Line", null=True, blank=True, on_delete=models.CASCADE, related_name="tax_lines"
    )
    component = models.CharField(_("component"), max_length=8)
    province = models.CharField(_("province"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=5)
    base = models.DecimalField(_("taxable amount (CAD)"), max_digits=12, decimal_places=2)
    amount = models.DecimalField(_("tax (CAD)"), max_digits=12, decimal_places=2)
    registration = models.CharField(
        _("registration number"),
        max_length=20,
        blank=True,
        help_text=_("The shop's number when the order was placed."),
    )

    class Meta:
        ordering = ["order", "component", "pk"]
        verbose_name = _("tax line")
        verbose_name_plural = _("tax lines")
        constraints = [
            Bounds("rate", 0, MAX_RATE),
            Bounds("base", 0, MAX_TOTAL),
            Bounds("amount", 0, MAX_TOTAL),
        ]

    def __str__(self) -> str:
        return f"{self.component} {self.amount}"
