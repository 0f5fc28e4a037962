"""Ports of products, the rules that make them from attributes, and what staff enter by hand."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, ProductAttribute
from microflight.core.page_cache import InvalidatesPages


class Interface(models.TextChoices):
    """Where two products meet. One side provides it, the other needs it."""

    BATTERY = "battery", _("battery power")
    CHARGING = "charging", _("charging")
    RADIO = "radio", _("radio link")
    CONTROL = "control", _("receiver in an airframe")
    MOTOR = "motor", _("motor control")
    ACTUATOR = "actuator", _("actuator control")
    SERVO = "servo", _("servo control")
    MOUNT = "mount", _("motor mount")
    SHAFT = "shaft", _("shaft and hole")
    SURFACE = "surface", _("actuator in an airframe")


#: Headings for shoppers: what a product needs, and what the products need that it works with.
NEEDED: dict[str, Any] = {
    Interface.BATTERY: _("Battery"),
    Interface.CHARGING: _("Charger"),
    Interface.RADIO: _("Transmitter"),
    Interface.CONTROL: _("Receiver"),
    Interface.MOTOR: _("Receiver or speed control"),
    Interface.ACTUATOR: _("Receiver with actuator outputs"),
    Interface.SERVO: _("Receiver with servo outputs"),
    Interface.MOUNT: _("Motor"),
    Interface.SHAFT: _("Motor or gearbox with this shaft"),
    Interface.SURFACE: _("Actuator"),
}
PROVIDED: dict[str, Any] = {
    Interface.BATTERY: _("Powers"),
    Interface.CHARGING: _("Charges"),
    Interface.RADIO: _("Controls"),
    Interface.CONTROL: _("Airframes"),
    Interface.MOTOR: _("Motors"),
    Interface.ACTUATOR: _("Actuators"),
    Interface.SERVO: _("Servos"),
    Interface.MOUNT: _("Gearboxes and airframes"),
    Interface.SHAFT: _("Propellers"),
    Interface.SURFACE: _("Airframes"),
}


class Direction(models.TextChoices):
    PROVIDES = "provides", _("provides")
    NEEDS = "needs", _("needs")


class Quantity(models.TextChoices):
    """What a rule reads from an attribute. A number is converted to V, A, mm or g."""

    PRESENT = "present", _("has such a port")
    CONNECTOR = "connector", _("connector")
    PITCH = "pitch_mm", _("pitch")
    POLARITY = "polarity", _("polarity")
    PROTOCOL = "protocol", _("protocol, band or type")
    VOLTAGE = "voltage", _("nominal voltage")
    CELLS = "cells", _("cells in series")
    MIN_VOLTAGE = "min_voltage", _("voltage, at least")
    MAX_VOLTAGE = "max_voltage", _("voltage, at most")
    CURRENT = "current", _("current supplied or drawn")
    MAX_CURRENT = "max_current", _("limit of the current")
    DIAMETER = "diameter_mm", _("shaft or hole diameter")
    MAX_MASS = "max_mass_g", _("limit of the weight")
    CHANNELS = "channels", _("channels")


#: Quantities that are texts.
TEXTS = frozenset({Quantity.CONNECTOR, Quantity.POLARITY, Quantity.PROTOCOL, Quantity.PRESENT})


class PortRule(InvalidatesPages, models.Model):
    """What an attribute of a product type says about one of its ports."""

    attribute = models.ForeignKey(
        ProductAttribute, on_delete=models.CASCADE, related_name="port_rules",
        verbose_name=_("attribute"),
    )  # fmt: skip
    interface = models.CharField(_("port"), max_length=16, choices=Interface.choices)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    quantity = models.CharField(_("quantity"), max_length=16, choices=Quantity.choices)
    is_required = models.BooleanField(
        _("required"), default=False, help_text=_("Without this value there is no such port.")
    )

    class Meta:
        ordering = ["attribute_id", "interface", "direction", "pk"]  # a join could not be locked
        verbose_name = _("port rule")
        verbose_name_plural = _("port rules")
        constraints = [
            models.UniqueConstraint(
                fields=["attribute", "interface", "direction", "quantity"],
                name="compatibility_rule_once",
                violation_error_message=_("There is such a rule already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_interface_display()}: {self.get_quantity_display()}"

    def clean(self) -> None:
        """Reject a number read from a text, and a second attribute for the same quantity."""
        if not self.attribute_id:
            return
        is_number = self.attribute.type in ("integer", "float")
        if self.quantity not in TEXTS and self.quantity and not is_number:
            raise ValidationError({"attribute": _("Choose an attribute that is a number.")})
        same = type(self).objects.exclude(pk=self.pk).filter(
            attribute__product_class=self.attribute.product_class_id, interface=self.interface,
            direction=self.direction, quantity=self.quantity,
        )  # fmt: skip
        if same.exists():
            raise ValidationError(_("Another attribute of this type gives this quantity."))


class Port(models.Model):
    """A port of something that can be bought, stored by `ports.store`. None or "" is unknown.

    Voltages in V: what is supplied, or the range that is accepted. Currents in A: `current` is what
    is supplied at most, or drawn; `max_current` is what the port withstands. `mass_g` is the
    product's weight, and `max_mass_g` that of what it carries. A provided shaft has the shaft's
    diameter, and what fits on it has the hole's.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="ports")
    interface = models.CharField(max_length=16, choices=Interface.choices)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    connector = models.CharField(max_length=60, blank=True)
    polarity = models.CharField(max_length=60, blank=True)
    protocol = models.CharField(max_length=60, blank=True)
    pitch_mm = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    min_voltage = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    max_voltage = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    current = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    max_current = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    diameter_mm = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    channels = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    mass_g = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    max_mass_g = models.DecimalField(max_digits=9, decimal_places=3, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "interface", "direction"], name="compatibility_one_port"
            )
        ]
        indexes = [
            models.Index(fields=["interface", "direction", "connector"], name="compatibility_ports")
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.direction} {self.interface}"

    def values(self) -> dict[str, Any]:
        """Return the columns but the ID, as JSON takes them; without what is unknown."""
        values = {name: getattr(self, name) for name in COLUMNS}
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in values.items()
            if value not in (None, "")
        }


#: The columns of a port but its ID, the numbers among them.
COLUMNS = tuple(f.attname for f in Port._meta.concrete_fields if f.name != "id")
NUMBERS = tuple(f.attname for f in Port._meta.concrete_fields if isinstance(f, models.DecimalField))


class Relation(models.TextChoices):
    """What staff enter about two products. "Not compatible" hides what ports say."""

    WORKS = "works", _("works with")
    NEEDS = "needs", _("needs")
    DAMAGED = "damaged", _("would be damaged by")
    EXCLUDED = "excluded", _("not compatible")


class CompatibilityEntry(InvalidatesPages, models.Model):
    """What staff know about two products; it overrides their ports. A product stands for all its
    variants."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="compatibility_entries",
        verbose_name=_("product"),
    )  # fmt: skip
    relation = models.CharField(_("relation"), max_length=8, choices=Relation.choices)
    other = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("other product")
    )
    reason = models.CharField(
        _("reason"), max_length=120, blank=True, help_text=_("For shoppers, in a few words.")
    )

    class Meta:
        ordering = ["product", "pk"]
        verbose_name = _("compatibility entry")
        verbose_name_plural = _("compatibility entries")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "other"],
                name="compatibility_entry_once",
                violation_error_message=_("There is an entry about these two products already."),
            ),
            models.CheckConstraint(
                condition=~Q(product=F("other")),
                name="compatibility_two_products",
                violation_error_message=_("Choose two different products."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.get_relation_display()} {self.other_id}"
