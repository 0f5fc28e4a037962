"""Shipping zones, methods and rates. Oscar's own shipping tables are not used."""

from django.db import models


class Zone(models.Model):
    """Countries with the same rates; a zone without countries is the rest of the world."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=64)
    countries = models.ManyToManyField("address.Country", blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A shipping method to a zone."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="services")
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=64)
    min_days = models.PositiveSmallIntegerField("business days, at least")
    max_days = models.PositiveSmallIntegerField("business days, at most")
    tracked = models.BooleanField(default=True)
    takes_loose_batteries = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["zone", "position", "code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.zone})"


class WeightBand(models.Model):
    """The rate for packages up to and including a weight."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="bands")
    up_to_g = models.PositiveIntegerField("up to (g, packaging included)")
    charge = models.DecimalField("charge (CAD, before tax)", max_digits=8, decimal_places=2)

    class Meta:
        ordering = ["service", "up_to_g"]
        constraints = [
            models.UniqueConstraint(fields=["service", "up_to_g"], name="one_charge_per_band"),
            models.CheckConstraint(condition=models.Q(charge__gte=0), name="charge_not_negative"),
        ]

    def __str__(self) -> str:
        return f"up to {self.up_to_g} g: {self.charge} CAD"
