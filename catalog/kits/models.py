"""The components of kits."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Prefetch, Q, prefetch_related_objects
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import Bounds
from microflight.core.page_cache import InvalidatesPages

#: The most units of one component in a kit.
MAX_QUANTITY = 100


class KitComponentQuerySet(models.QuerySet["KitComponent"]):
    def with_products(self) -> "KitComponentQuerySet":
        """Load what checkout reads of the components, in three queries."""
        return self.select_related(
            "component__product_class",
            "component__facts",
            "component__parent__product_class",
            "component__parent__facts",
        ).prefetch_related("component__stockrecords__partner")


class KitComponent(InvalidatesPages, models.Model):
    """Units of a product in each unit of a kit. The kit has no stock of its own."""

    kit = models.ForeignKey(
        "catalogue.Product", on_delete=models.CASCADE, related_name="kit_components"
    )
    component = models.ForeignKey(
        "catalogue.Product",
        on_delete=models.CASCADE,  # the admin deletes no component of a kit
        related_name="in_kits",
        verbose_name=_("product"),
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)

    objects = KitComponentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("kit component")
        verbose_name_plural = _("kit components")
        constraints = [
            models.UniqueConstraint(
                fields=["kit", "component"],
                name="component_once_in_a_kit",
                violation_error_message=_("This product is already in the kit."),
            ),
            models.CheckConstraint(
                condition=~Q(kit=F("component")),
                name="kit_not_in_itself",
                violation_error_message=_("A kit cannot contain itself."),
            ),
            Bounds("quantity", 1, MAX_QUANTITY),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.component.get_title()}"

    def clean(self) -> None:
        """Reject the kit itself, and what has no stock of its own: kits, and products with
        variants."""
        if not self.component_id:
            return
        product = self.component
        if self.component_id == self.kit_id:
            text = gettext("“%(product)s” cannot contain itself.")
        elif product.is_parent:
            text = gettext("“%(product)s” has variants: choose one of them.")
        elif product.is_kit:
            text = gettext("“%(product)s” is a kit, and a kit cannot contain another one.")
        elif not product.stockrecords.exists():
            text = gettext("“%(product)s” has no price and stock. Enter them first.")
        else:
            return
        raise ValidationError({"component": text % {"product": product.get_title()}})

    @property
    def stockrecord(self) -> Any:
        """Return the stock record that it is sold from, the oldest; None if it was deleted."""
        return min(self.component.stockrecords.all(), key=lambda each: each.pk, default=None)

    @property
    def price(self) -> Decimal:
        """Return the price of its units sold separately, in CAD before tax; 0 without a price."""
        record = self.stockrecord
        return (record.price if record and record.price else Decimal(0)) * self.quantity


def load_components(products: Iterable[Any]) -> None:
    """Load the components of those products that are kits, in three queries; none without kits."""
    kits = [product for product in products if product.is_kit]
    if not kits:
        return
    prefetch = Prefetch(
        "kit_components", KitComponent.objects.with_products(), to_attr="components"
    )
    prefetch_related_objects(kits, prefetch)
