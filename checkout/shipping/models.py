"""Shipping zones, methods, rates and cartons. Oscar's own shipping tables are not used."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.shipping.destination import POSTCODE_LENGTH
from checkout.shipping.landed_cost import ImportCharge  # noqa: F401 (a model of this app)
from checkout.shipping.rules import (  # noqa: F401 (models of this app)
    MAX_GRAMS,
    MAX_MM,
    RuleType,
    ShippingRule,
)
from microflight.core.bounds import MAX_AMOUNT, MAX_POSITION, Bounds
from microflight.core.money import format_money
from microflight.core.sourced_rows import SourcedRow


class ShippingZone(models.Model):
    """Countries and parts of countries with the same rates; without any, the rest of the world."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=64)
    countries = models.ManyToManyField(
        "address.Country",
        verbose_name=_("countries"),
        blank=True,
        related_name="+",
        help_text=_("Without countries and parts of countries: the rest of the world."),
    )

    free_from = models.DecimalField(
        _("free shipping from (CAD, before tax)"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Of the subtotal, for the methods that allow it. Empty: never free."),
    )

    class Meta:
        verbose_name = _("shipping zone")
        verbose_name_plural = _("shipping zones")
        constraints = [Bounds("free_from", Decimal("0.01"), MAX_AMOUNT)]

    def __str__(self) -> str:
        return self.name


class ZoneRegion(models.Model):
    """A part of a country: a province or state, or the postal codes that start with a prefix."""

    zone = models.ForeignKey(
        ShippingZone, on_delete=models.CASCADE, related_name="regions", verbose_name=_("zone")
    )
    country = models.ForeignKey(
        "address.Country", on_delete=models.PROTECT, related_name="+", verbose_name=_("country")
    )
    province = models.CharField(_("province or state"), max_length=3, blank=True)
    postcode_prefix = models.CharField(
        _("postal codes that start with"), max_length=POSTCODE_LENGTH, blank=True
    )

    class Meta:
        ordering = ["zone", "country", "province", "postcode_prefix"]
        verbose_name = _("part of a country")
        verbose_name_plural = _("parts of countries")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "province", "postcode_prefix"], name="one_zone_per_region"
            ),
            models.CheckConstraint(
                condition=models.Q(province="") ^ models.Q(postcode_prefix=""),
                name="region_is_a_province_or_a_prefix",
                violation_error_message=_("Enter a province or a postal code prefix, not both."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country_id} {self.province or self.postcode_prefix}"


class Surcharge(models.TextChoices):
    """The classes of services that a carrier's fuel surcharge distinguishes."""

    DOMESTIC = "domestic", _("Canada")
    US = "us", _("United States")
    INTERNATIONAL = "international", _("international")


class ShippingMethod(models.Model):
    """A service of the carrier, under the name that the carrier gives it."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=64)
    pickup = models.BooleanField(
        _("pickup"),
        default=False,
        help_text=_(
            "Customers pick up at the shop: free, to anywhere, with the taxes of Saskatchewan."
        ),
    )
    tracked = models.BooleanField(_("with tracking"), default=True)
    max_weight_g = models.PositiveIntegerField(
        _("maximum weight (g, packaging included)"), default=30_000
    )
    max_parcels = models.PositiveSmallIntegerField(
        _("maximum parcels"), default=5, help_text=_("An order that needs more is not offered it.")
    )
    volumetric_divisor = models.PositiveSmallIntegerField(
        _("volumetric weight"),
        null=True,
        blank=True,
        choices=[(5000, _("cm³ / 5000")), (6000, _("cm³ / 6000"))],
        help_text=_("Kilograms. The greater of actual and volumetric weight is charged."),
    )
    handling_fee = models.DecimalField(
        _("handling fee per parcel (CAD, before tax)"), max_digits=8, decimal_places=2, default=0
    )
    surcharge = models.CharField(
        _("fuel surcharge"), max_length=16, choices=Surcharge.choices, blank=True
    )
    free_over_threshold = models.BooleanField(
        _("free from the zone’s free-shipping threshold"), default=False
    )
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")
        constraints = [
            Bounds("max_weight_g", 1, MAX_GRAMS),
            Bounds("max_parcels", 1, 100),
            Bounds("handling_fee", 0, MAX_AMOUNT),
            Bounds("position", 0, MAX_POSITION),
            Bounds("volumetric_divisor", 1000, 10_000),
        ]

    def __str__(self) -> str:
        return self.name


class MethodZone(models.Model):
    """A zone that a method ships to, and how long it takes."""

    method = models.ForeignKey(
        ShippingMethod, on_delete=models.CASCADE, related_name="zones", verbose_name=_("method")
    )
    zone = models.ForeignKey(
        ShippingZone, on_delete=models.CASCADE, related_name="methods", verbose_name=_("zone")
    )
    min_days = models.PositiveSmallIntegerField(_("minimum business days"))
    max_days = models.PositiveSmallIntegerField(_("maximum business days"))

    class Meta:
        ordering = ["zone", "method__position", "method__code"]
        verbose_name = _("zone of a shipping method")
        verbose_name_plural = _("zones and transit times")
        constraints = [
            models.UniqueConstraint(fields=["method", "zone"], name="one_transit_time_per_zone"),
            Bounds("min_days", 0, 365),
            Bounds("max_days", 0, 365),
            models.CheckConstraint(
                condition=models.Q(max_days__gte=models.F("min_days")),
                name="max_days_from_min_days",
                violation_error_message=_("The maximum is at least the minimum number of days."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(method)s to %(zone)s") % {"method": self.method, "zone": self.zone}


class ShippingRate(models.Model):
    """The price of a parcel up to and including a weight.

    The rows of one method, zone and first day are a rate card; the next one replaces all of them.
    """

    method_zone = models.ForeignKey(
        MethodZone,
        on_delete=models.CASCADE,
        related_name="rates",
        verbose_name=_("method and zone"),
    )
    effective_from = models.DateField(_("effective from"))
    up_to_g = models.PositiveIntegerField(_("up to (g, packaging included)"))
    price = models.DecimalField(_("price (CAD, before tax)"), max_digits=8, decimal_places=2)
    free = models.BooleanField(
        _("free"), default=False, help_text=_("A price of 0.00 is intended.")
    )

    class Meta:
        ordering = ["method_zone", "effective_from", "up_to_g"]
        verbose_name = _("shipping rate")
        verbose_name_plural = _("shipping rates")
        constraints = [
            models.UniqueConstraint(
                fields=["method_zone", "effective_from", "up_to_g"],
                name="one_price_per_weight",
                violation_error_message=_("This rate card already has a price up to this weight."),
            ),
            Bounds("up_to_g", 1, MAX_GRAMS),
            Bounds("price", 0, MAX_AMOUNT),
            models.CheckConstraint(
                condition=models.Q(price__gt=0, free=False) | models.Q(price=0, free=True),
                name="zero_price_is_intended",
                violation_error_message=_("Enter a price, or 0.00 and check “free”."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Up to %(weight)d g: %(rate)s") % {
            "weight": self.up_to_g,
            "rate": format_money(self.price),
        }


class FuelSurcharge(SourcedRow):
    """What the carrier adds to its prices, from a day until the next row of the same class."""

    surcharge = models.CharField(_("class"), max_length=16, choices=Surcharge.choices)
    percentage = models.DecimalField(
        _("percentage"), max_digits=5, decimal_places=2, help_text=_("Enter 12.5% as 12.5.")
    )
    starts_on = models.DateField(_("first day"))

    class Meta:
        ordering = ["-starts_on", "surcharge"]
        verbose_name = _("fuel surcharge")
        verbose_name_plural = _("fuel surcharges")
        constraints = [
            models.UniqueConstraint(
                fields=["surcharge", "starts_on"], name="one_fuel_surcharge_per_day"
            ),
            Bounds("percentage", 0, 100),
        ]

    def __str__(self) -> str:
        return gettext("%(class)s: %(percentage)s%% from %(day)s") % {
            "class": self.get_surcharge_display(),
            "percentage": self.percentage,
            "day": self.starts_on,
        }


class Carton(models.Model):
    """A box or an envelope that we pack orders in. Its size is that of the inside."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    length_mm = models.PositiveSmallIntegerField(_("inside length (mm)"))
    width_mm = models.PositiveSmallIntegerField(_("inside width (mm)"))
    height_mm = models.PositiveSmallIntegerField(_("inside height (mm)"))
    wall_mm = models.PositiveSmallIntegerField(
        _("wall (mm)"), default=3, help_text=_("Carriers measure the outside.")
    )
    own_weight_g = models.PositiveIntegerField(_("own weight (g, padding included)"))
    max_weight_g = models.PositiveIntegerField(_("maximum weight (g, carton included)"))
    usable_percent = models.PositiveSmallIntegerField(
        _("usable space (%)"),
        default=80,
        help_text=_("How much of its inside several items fill at most."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["own_weight_g", "name"]
        verbose_name = _("carton")
        verbose_name_plural = _("cartons")
        constraints = [
            Bounds("length_mm", 1, MAX_MM),
            Bounds("width_mm", 1, MAX_MM),
            Bounds("height_mm", 1, MAX_MM),
            Bounds("wall_mm", 0, 100),
            Bounds("own_weight_g", 1, MAX_GRAMS),
            Bounds("max_weight_g", 1, MAX_GRAMS),
            Bounds("usable_percent", 1, 100),
            models.CheckConstraint(
                condition=models.Q(max_weight_g__gt=models.F("own_weight_g")),
                name="carton_holds_more_than_itself",
                violation_error_message=_("The maximum weight includes the carton’s own weight."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def inside_mm(self) -> tuple[int, ...]:
        """Return the inside, the longest side first."""
        return tuple(sorted((self.length_mm, self.width_mm, self.height_mm), reverse=True))

    @property
    def outside_mm(self) -> tuple[int, ...]:
        """Return the outside, the longest side first."""
        return tuple(side + 2 * self.wall_mm for side in self.inside_mm)

    def volumetric_g(self, divisor: int | None) -> int:
        """Return the weight in grams that carriers charge for its size: cm³ / divisor is kg."""
        length, width, height = self.outside_mm
        return -(-length * width * height // divisor) if divisor else 0
