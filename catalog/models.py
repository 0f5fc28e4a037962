"""The catalogue: Oscar's models with what an aircraft of a few grams needs beside them."""

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from oscar.apps.catalogue.abstract_models import (
    AbstractCategory,
    AbstractProduct,
    AbstractProductImage,
)

from microflight.core.page_cache import InvalidatesPages


class Battery(models.TextChoices):
    """How a parcel with this product counts in the post: the rules ask exactly these four."""

    NONE = "none", "no battery"
    IN_EQUIPMENT = "in-equipment", "battery built in"
    WITH_EQUIPMENT = "with-equipment", "battery packed with it"
    LOOSE = "loose", "loose battery"


class Category(InvalidatesPages, AbstractCategory):
    """A shelf of the shop."""


class Product(InvalidatesPages, AbstractProduct):
    """Something to fly, or a part of it. Weight is a column, not an attribute: every product
    has one, cards show it, delivery is charged by it."""

    weight_g = models.DecimalField(
        "weight (g)",
        max_digits=9,
        decimal_places=2,
        default=Decimal("0"),
        validators=[MinValueValidator(Decimal("0"))],
        help_text="Grams, without packaging. Variants have their own; a parent's is the lightest.",
    )
    battery = models.CharField(max_length=16, choices=Battery.choices, default=Battery.NONE)
    battery_cells = models.PositiveSmallIntegerField("cells in series", default=0)
    battery_wh = models.DecimalField(
        "battery energy (Wh)", max_digits=7, decimal_places=3, null=True, blank=True
    )
    search_text = models.TextField(
        editable=False,
        blank=True,
        default="",
        help_text="Lower-case words of title, SKU, description and attributes.",
    )

    def get_attribute_values(self) -> Any:
        """Return this product's figures, a variant's completed by its product's. Oscar forgets
        the latter until the variant is saved, and then refuses it for want of them."""
        if self._state.adding and self.parent is not None:
            return self.parent.attribute_values.all()
        return super().get_attribute_values()


class ProductImage(AbstractProductImage):
    """A picture of a product. Its size is kept so that pages reserve its place."""

    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)


from oscar.apps.catalogue.models import *  # type: ignore[assignment]  # noqa: E402, F403
