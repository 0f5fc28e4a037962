"""Kits in an order: each of their components is an ordinary line, with its part of the price."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Union

from django.db import models
from django.utils.translation import gettext

from microflight.core.bounds import MAX_AMOUNT, MAX_UNITS, Bounds

if TYPE_CHECKING:
    from checkout.order.models import Line


class OrderKit(models.Model):
    """A kit that was ordered, as it was sold: the prices of its lines add up to its price."""

    order = models.ForeignKey("order.Order", on_delete=models.CASCADE, related_name="kits")
    product = models.ForeignKey(
        "catalogue.Product", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    title = models.CharField(max_length=255)
    sku = models.CharField(max_length=128)
    quantity = models.PositiveIntegerField()
    unit_price_excl_tax = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["pk"]
        constraints = [
            Bounds("quantity", 1, MAX_UNITS),
            Bounds("unit_price_excl_tax", 0, MAX_AMOUNT),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"


class PartOfKit(models.Model):
    """A line that may be a component of a kit. It has no unit price then: the price of the kit is
    divided over its lines, to the cent."""

    kit = models.ForeignKey(
        OrderKit,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        db_index=False,  # few lines have one: a partial index serves
        related_name="lines",
    )

    class Meta:
        abstract = True

    @property
    def part_of(self) -> str:
        """Return "Part of Starter set" for the component of a kit, else an empty string."""
        return gettext("Part of %(kit)s") % {"kit": self.kit.title} if self.kit else ""


def ordered_items(lines: Iterable["Line"]) -> list[Union["Line", OrderKit]]:
    """Return the lines as the customer ordered them: a kit instead of its lines."""
    found: dict[tuple[bool, int], Line | OrderKit] = {}
    for line in lines:
        found.setdefault((line.kit is None, line.kit_id or line.pk), line.kit or line)
    return list(found.values())
