"""The catalogue: Oscar's models, with weights and facts for carriers and customs."""

from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Upper
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.abstract_models import (
    AbstractCategory,
    AbstractProduct,
    AbstractProductAttribute,
    AbstractProductAttributeValue,
    AbstractProductImage,
    AbstractProductRecommendation,
)

from catalog.discontinued import Discontinuable, ProductQuerySet
from catalog.facts import Battery, ProductFacts, Radio  # noqa: F401 (models of this app)
from catalog.schedule import Schedulable
from catalog.skus import sku_key_of
from microflight.core.bounds import MAX_POSITION, Bounds
from microflight.core.history import History, HistoryQuerySet
from microflight.core.page_cache import InvalidatesPages


class Category(InvalidatesPages, AbstractCategory):
    """A product category."""

    history = History(excluded=("path", "depth", "numchild", "ancestors_are_public"))


class Product(InvalidatesPages, Discontinuable, Schedulable, AbstractProduct):
    """A product or a variant. Weight is a column, not an attribute: every product has one, cards
    show it, and shipping is charged by it. `card`, `details` and `facets` are its read model
    (JSON), and `ships_to` is the answer of `checkout.shipping`."""

    weight_g = models.DecimalField(
        _("weight (g)"),
        max_digits=9,
        decimal_places=2,
        default=Decimal("0"),
        help_text=_(
            "Grams, without packaging. For a product with variants, its lightest variant's."
        ),
    )
    is_kit = models.BooleanField(
        _("kit"),
        default=False,
        help_text=_(
            "Sold as a set of the components below: stock, weight and shipping rules are theirs."
        ),
    )
    card = models.TextField(editable=False, blank=True, default="")
    details = models.TextField(editable=False, blank=True, default="")
    facets = models.TextField(editable=False, blank=True, default="")
    ships_to = models.TextField(
        editable=False,
        blank=True,
        default="",
        help_text=_("Countries: “+CA US” only these, “-RU BY” all but these; empty: not known."),
    )

    objects: ClassVar[Any] = ProductQuerySet.as_manager()
    history = History(
        excluded=("card", "details", "facets", "ships_to", "rating", "date_created",
                  "date_updated"),
        related=("categories",),
        watched=("slug", "is_public"),  # `catalog.redirects`
    )  # fmt: skip

    class Meta(AbstractProduct.Meta):
        constraints = [
            Bounds("weight_g", 0, 1_000_000),  # a ton
            Bounds("priority", -1, MAX_POSITION),
            models.UniqueConstraint(
                Upper("upc"),
                name="product_sku_unique_in_any_case",
                violation_error_message=_("Another product has this SKU, perhaps in another case."),
            ),
        ]
        indexes = [models.Index(sku_key_of("upc"), name="product_sku_search_key")]

    def unique_error_message(self, model_class: Any, unique_check: Any) -> ValidationError:
        """Say SKU, as staff do: Django's message has Oscar's name of the column."""
        if tuple(unique_check) == ("upc",):
            return ValidationError(_("Another product has this SKU."), code="unique")
        return super().unique_error_message(model_class, unique_check)

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save, and clear the read model: pages rebuild it until `read_model.refresh` stores it.

        Like Django's, it does nothing for an empty `update_fields`: a form without changes.
        """
        if options.get("update_fields") is not None and not options["update_fields"]:
            return
        self.card = self.details = self.facets = ""
        cleared = {"card", "details", "facets"}
        if options.get("update_fields") is not None:
            options["update_fields"] = {*options["update_fields"], *cleared, "date_updated"}
        super().save(*arguments, **options)
        if self.parent_id:
            parent = type(self).objects.filter(pk=self.parent_id)
            parent.update(**dict.fromkeys(cleared, ""))

    @property
    def tracks_stock(self) -> bool:
        """Tell whether only units on hand, or on backorder, can be sold; a type may say no."""
        kind = self.get_product_class()
        return kind is None or bool(kind.track_stock)

    @cached_property
    def components(self) -> list[Any]:
        """Return the components of a kit, read once; an empty list for other products."""
        return list(self.kit_components.with_products()) if self.is_kit else []

    @property
    def is_shipping_required(self) -> bool:
        """Tell whether it is shipped; a type may say no. Oscar's fails without a type.

        A kit is shipped if one of its components is.
        """
        if self.components:
            return any(each.component.is_shipping_required for each in self.components)
        kind = self.get_product_class()
        return kind is None or bool(kind.requires_shipping)

    def get_product_class(self) -> Any:
        """Return the type of the product, or of a variant's product; None until staff choose it."""
        owner = self.parent if self.is_child else self
        return owner.product_class if owner else None

    def clean(self) -> None:
        """Require the type of a variant's product; Oscar's fails without it."""
        if self.is_child and self.parent and not self.parent.product_class_id:
            text = gettext("Choose the product type of “%(product)s” first.")
            raise ValidationError(text % {"product": self.parent.get_title()})
        if self.is_child and self.parent and self.parent._state.adding:
            return  # their form compares what is not stored yet (`catalog.admin.variants`)
        super().clean()

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

    class Meta(AbstractProductImage.Meta):
        constraints = [Bounds("display_order", 0, MAX_POSITION)]


class ProductAttribute(AbstractProductAttribute):
    """An attribute of a product type."""

    is_facet = models.BooleanField(
        _("filter in lists"),
        default=False,
        help_text=_("Shoppers can filter lists by this attribute."),
    )


class ProductAttributeValue(AbstractProductAttributeValue):
    """The value of an attribute. A number may be negative, such as a temperature."""

    objects: ClassVar[Any] = HistoryQuerySet.as_manager()  # Oscar saves values in bulk
    history = History(
        excluded=("value_file", "value_image", "entity_content_type", "entity_object_id"),
        related=("value_multi_option",),
    )

    class Meta(AbstractProductAttributeValue.Meta):
        constraints = [
            Bounds("value_integer", -1_000_000_000, 1_000_000_000),
            Bounds("value_float", -1_000_000_000, 1_000_000_000),
        ]


class ProductRecommendation(AbstractProductRecommendation):
    """A recommended product."""

    class Meta(AbstractProductRecommendation.Meta):
        constraints = [Bounds("ranking", 0, MAX_POSITION)]

    def __str__(self) -> str:
        return str(self.recommendation)


from oscar.apps.catalogue.models import *  # type: ignore[assignment]  # noqa: E402, F403
