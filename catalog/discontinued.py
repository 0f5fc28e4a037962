"""Discontinued products: they keep their page and manuals, with a successor and spare parts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.managers import ProductQuerySet as OscarProductQuerySet


class ProductQuerySet(OscarProductQuerySet):
    """Oscar's, without discontinued products in lists."""

    def with_pages(self) -> Any:
        """Select public products and those with variants, discontinued ones too."""
        return super().browsable()

    def browsable(self) -> Any:
        """Select the products of lists, home page and feeds."""
        return self.with_pages().filter(discontinued_on=None)


class Discontinuable(models.Model):
    """The columns of a product that may be discontinued; variants follow their product."""

    discontinued_on = models.DateField(
        _("discontinued on"), null=True, blank=True,
        help_text=_("From then on it cannot be ordered. It keeps its page, and search finds it."),
    )  # fmt: skip
    successor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("successor"), help_text=_("The product that replaces it."),
    )  # fmt: skip
    spare_parts = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="+", verbose_name=_("spare parts"),
        help_text=_("What we still sell for it."),
    )  # fmt: skip

    class Meta:
        abstract = True

    @property
    def is_discontinued(self) -> bool:
        """Return whether it, or the product of a variant, can no longer be ordered."""
        owner: Any = getattr(self, "parent", None) or self
        return owner.discontinued_on is not None

    def clean(self) -> None:
        """Reject a day in the future, and a successor that is no other product."""
        super().clean()
        errors: dict[str, Any] = {}
        if self.discontinued_on and self.discontinued_on > timezone.localdate():
            errors["discontinued_on"] = _("Enter today or an earlier day.")
        successor: Any = self.successor
        if successor and (successor.pk == self.pk or successor.parent_id):
            errors["successor"] = _("Choose another product, not a variant.")
        elif successor and not self.discontinued_on:
            errors["discontinued_on"] = _("A product with a successor is discontinued: enter when.")
        if errors:
            raise ValidationError(errors)


def discontinued_json(product: Any) -> list[Any] | None:
    """Return day, and IDs of successor and spare parts, public or not; None if it is sold."""
    if product.discontinued_on is None:
        return None
    parts = sorted(part.pk for part in product.spare_parts.all())
    return [str(product.discontinued_on), product.successor_id, parts]
