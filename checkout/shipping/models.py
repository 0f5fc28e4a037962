"""Shipping zones, methods and rates. Oscar's own shipping tables are not used."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.money import format_money


class ShippingZone(models.Model):
    """Countries with the same rates; a zone without countries is the rest of the world."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=64)
    countries = models.ManyToManyField(
        "address.Country",
        verbose_name=_("countries"),
        blank=True,
        related_name="+",
        help_text=_("Leave empty for the rest of the world."),
    )

    class Meta:
        verbose_name = _("shipping zone")
        verbose_name_plural = _("shipping zones")

    def __str__(self) -> str:
        return self.name


class ShippingMethod(models.Model):
    """A way to ship a package to a zone."""

    zone = models.ForeignKey(
        ShippingZone, on_delete=models.CASCADE, related_name="methods", verbose_name=_("zone")
    )
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=64)
    min_days = models.PositiveSmallIntegerField(_("minimum business days"))
    max_days = models.PositiveSmallIntegerField(_("maximum business days"))
    tracked = models.BooleanField(_("with tracking"), default=True)
    takes_loose_batteries = models.BooleanField(_("takes loose batteries"), default=True)
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["zone", "position", "code"]
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")

    def __str__(self) -> str:
        return f"{self.name} ({self.zone})"


class WeightBand(models.Model):
    """The rate of a method for packages up to and including a weight."""

    method = models.ForeignKey(ShippingMethod, on_delete=models.CASCADE, related_name="bands")
    up_to_g = models.PositiveIntegerField(_("up to (g, packaging included)"))
    charge = models.DecimalField(_("rate (CAD, before tax)"), max_digits=8, decimal_places=2)

    class Meta:
        ordering = ["method", "up_to_g"]
        verbose_name = _("rate")
        verbose_name_plural = _("rates")
        constraints = [
            models.UniqueConstraint(fields=["method", "up_to_g"], name="one_charge_per_band"),
            models.CheckConstraint(condition=models.Q(charge__gte=0), name="charge_not_negative"),
        ]

    def __str__(self) -> str:
        return gettext("Up to %(weight)d g: %(rate)s") % {
            "weight": self.up_to_g,
            "rate": format_money(self.charge),
        }
