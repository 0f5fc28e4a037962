"""Rules about what can be ordered while the shop is away."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.page_cache import InvalidatesPages


class Handling(models.TextChoices):
    """What happens to an order line while the shop is away."""

    SHIP = "ship", _("ships as usual")
    HOLD = "hold", _("is accepted, and ships after the shop reopens")
    BLOCK = "block", _("cannot be ordered")


class AwayRule(InvalidatesPages, models.Model):
    """How a product, a category, or everything else is handled while the shop is away."""

    product = models.ForeignKey(
        "catalogue.Product", null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        verbose_name=_("product"), help_text=_("With its variants."),
    )  # fmt: skip
    category = models.ForeignKey(
        "catalogue.Category", null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        verbose_name=_("category"),
        help_text=_("With its subcategories. Leave both empty for everything else."),
    )  # fmt: skip
    handling = models.CharField(
        _("while away"), max_length=10, choices=Handling.choices, default=Handling.HOLD
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("rule while away")
        verbose_name_plural = _("rules while away")
        constraints = [
            models.UniqueConstraint(
                Coalesce("product", 0),
                Coalesce("category", 0),
                name="away_one_rule_each",
                violation_error_message=_("There is a rule for this already. Change that one."),
            ),
            models.CheckConstraint(
                condition=models.Q(product=None) | models.Q(category=None),
                name="away_product_or_category",
                violation_error_message=_("Choose a product or a category, not both."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.handling}"

    @property
    def subject(self) -> str:
        """Return what the rule is about, without a query for the category's ancestors."""
        if self.product is not None:
            return self.product.get_title()
        return self.category.name if self.category else gettext("Everything else")

    def clean_fields(self, exclude: Any = None) -> None:
        """Reject a category and a product together before the constraints are checked."""
        super().clean_fields(exclude=exclude)
        if self.product_id and self.category_id:
            raise ValidationError(_("Choose a product or a category, not both."))
