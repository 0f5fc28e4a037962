"""The catalogue: Oscar's models, with weight and battery."""

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.abstract_models import (
    AbstractCategory,
    AbstractProduct,
    AbstractProductImage,
)

from microflight.core.page_cache import InvalidatesPages


class Battery(models.TextChoices):
    """The cases that postal rules for lithium batteries distinguish."""

    NONE = "none", _("no battery")
    IN_EQUIPMENT = "in-equipment", _("battery built in")
    WITH_EQUIPMENT = "with-equipment", _("battery included separately")
    LOOSE = "loose", _("loose battery")


class Category(InvalidatesPages, AbstractCategory):
    """A product category."""


class Product(InvalidatesPages, AbstractProduct):
    """A product or a variant. Weight is a column, not an attribute: every product has one, cards
    show it, and shipping is charged by it. `card` and `details` are its read model (JSON)."""

    weight_g = models.DecimalField(
        _("weight (g)"),
        max_digits=9,
        decimal_places=2,
        default=Decimal("0"),
        validators=[MinValueValidator(Decimal("0"))],
        help_text=_(
            "Grams, without packaging. For a product with variants, its lightest variant's."
        ),
    )
    battery = models.CharField(
        _("battery"), max_length=16, choices=Battery.choices, default=Battery.NONE
    )
    battery_cells = models.PositiveSmallIntegerField(_("cells in series"), default=0)
    battery_wh = models.DecimalField(
        _("battery energy (Wh)"), max_digits=7, decimal_places=3, null=True, blank=True
    )
    search_text = models.TextField(
        editable=False,
        blank=True,
        default="",
        help_text=_("Words of title, SKU, description and attributes, in lower case."),
    )
    card = models.TextField(editable=False, blank=True, default="")
    details = models.TextField(editable=False, blank=True, default="")

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save, and clear the read model: pages rebuild it until `read_model.refresh` stores it."""
        self.card = self.details = ""
        if options.get("update_fields") is not None:
            options["update_fields"] = {*options["update_fields"], "card", "details"}
        super().save(*arguments, **options)
        if self.parent_id:
            type(self).objects.filter(pk=self.parent_id).update(card="", details="")

    def get_attribute_values(self) -> Any:
        """Return the attribute values; those of a new variant are its parent's.

        Oscar ignores the parent until the variant is saved, and then rejects the variant because
        its required attributes are missing.
        """
        if self._state.adding and self.parent is not None:
            return self.parent.attribute_values.all()
        return super().get_attribute_values()


class ProductImage(AbstractProductImage):
    """A product image. Its size is stored so that pages reserve the space."""

    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)


from oscar.apps.catalogue.models import *  # type: ignore[assignment]  # noqa: E402, F403
