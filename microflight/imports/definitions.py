"""Attributes of product types, and the port rules that read them."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from import_export import fields

from catalog.admin import refresh
from catalog.compatibility.models import PortRule
from catalog.models import (
    AttributeOption,
    AttributeOptionGroup,
    Product,
    ProductAttribute,
    ProductClass,
)
from microflight.core.forms import LineField
from microflight.core.text import one_line
from microflight.imports.products import SEPARATOR, Named, by_name
from microflight.imports.report import Planned
from microflight.imports.resources import ShopResource, cell, folded, own_cell


class _OfType(ShopResource):
    """A dataset of product types."""

    def find(self, key: tuple[str, ...]) -> Any:
        return self.stored.get(tuple(map(folded, key)))

    def preload(self, keys: list[tuple[str, ...]]) -> None:
        """Read all rows: there are few."""
        key_fields = [
            one for one in self.get_import_fields() if one.column_name in self.key_columns
        ]
        self.stored = {
            tuple(folded(str(self.value(one, row))) for one in key_fields): row
            for row in self.rows()
        }

    def apply(self) -> Any:
        """Save the plan, and clear the read model of all products of these types."""
        errors = super().apply()
        kinds = {self.type_of(one.instance) for one in self.planned}
        products = Product.objects.filter(product_class__in=kinds)
        refresh.clear(set(products.values_list("pk", flat=True)))
        return errors

    def type_of(self, instance: Any) -> int:
        """Return the ID of the product type of a row."""
        return instance.product_class_id

    def finish(self) -> None:
        refresh.refresh_cleared(self.on_progress)


class DefinitionResource(_OfType):
    """Attributes. New options are added to their group; none is removed: products have them."""

    key_columns: ClassVar[tuple[str, ...]] = ("product_type", "code")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        group = Named(
            by_name(AttributeOptionGroup.objects.prefetch_related("options")), required=False
        )
        self.fields |= {
            "product_type": own_cell(
                "product_type", "product_class", Named(by_name(ProductClass.objects.all()))
            ),
            **{name: cell(ProductAttribute, name) for name in ("code", "name", "type")},
            "option_group": own_cell("option_group", "option_group", group),
            "options": own_cell("options", "import_options", forms.CharField(required=False)),
            **{name: cell(ProductAttribute, name) for name in ("required", "is_facet")},
        }

    class Meta(ShopResource.Meta):
        model = ProductAttribute

    def rows(self) -> Any:
        rows = ProductAttribute.objects.exclude(product_class=None)
        rows = rows.select_related("product_class", "option_group")
        return rows.prefetch_related("option_group__options").order_by(
            "product_class__name", "code"
        )

    def value(self, field: fields.Field, instance: Any) -> Any:
        if field.column_name == "options":
            names = _options(instance)
            return getattr(instance, "import_options", SEPARATOR.join(names))
        found = super().value(field, instance)
        return found.name if isinstance(found, ProductClass | AttributeOptionGroup) else found

    def validate_instance(self, instance: Any, *errors: Any, **options: Any) -> None:
        """Check as the admin does; what stored values depend on cannot be changed."""
        if errors and errors[0]:
            raise ValidationError(errors[0])
        for name in {"type", "option_group"} & set(self.row_changed):
            if not self.is_new:
                raise ValidationError({name: gettext("It cannot be changed.")})
        wanted = {folded(name) for name in _names(instance)}
        if missing := [name for name in _options(instance) if folded(name) not in wanted]:
            text = gettext("Products may have this option: %(names)s. Remove it in the admin.")
            raise ValidationError({"import_options": text % {"names": ", ".join(missing)}})
        if wanted and not instance.option_group_id:
            raise ValidationError({"option_group": gettext("Enter the group of the options.")})
        instance.full_clean()

    def save_one(self, each: Planned) -> None:
        if each.is_new or self.columns_of([each]):
            super().save_one(each)
        known = {folded(name) for name in _options(each.instance)}
        AttributeOption.objects.bulk_create(
            AttributeOption(group=each.instance.option_group, option=name)
            for name in _names(each.instance)
            if folded(name) not in known
        )


def _options(attribute: ProductAttribute) -> list[str]:
    group = attribute.option_group
    return sorted(one.option for one in group.options.all()) if group else []


def _names(attribute: Any) -> list[str]:
    """Return the options that a row has; those of the group without such a column."""
    if not hasattr(attribute, "import_options"):
        return _options(attribute)
    parts = map(one_line, attribute.import_options.split(SEPARATOR))
    return list({folded(part): part for part in parts if part}.values())


class PortRuleResource(_OfType):
    """Port rules: a row for each quantity that an attribute gives to a port."""

    key_columns: ClassVar[tuple[str, ...]] = (
        "product_type", "attribute", "interface", "direction", "quantity",
    )  # fmt: skip

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        attributes = ProductAttribute.objects.exclude(product_class=None)
        self.attributes = {
            (folded(one.product_class.name), folded(one.code)): one
            for one in attributes.select_related("product_class")
            if one.product_class
        }
        names = ("interface", "direction", "quantity", "is_required")
        self.fields |= {
            "product_type": own_cell("product_type", "import_type", LineField()),
            "attribute": own_cell("attribute", "import_code", LineField()),
            **{name: cell(PortRule, name) for name in names},
        }

    class Meta(ShopResource.Meta):
        model = PortRule

    def rows(self) -> Any:
        return PortRule.objects.select_related("attribute__product_class")

    def value(self, field: fields.Field, instance: Any) -> Any:
        if field.column_name == "product_type":
            return instance.attribute.product_class.name
        if field.column_name == "attribute":
            return instance.attribute.code
        return super().value(field, instance)

    def type_of(self, instance: Any) -> int:
        return instance.attribute.product_class_id

    def init_instance(self, row: Any = None) -> PortRule:
        kind, code, *_others = self._key(row or {})
        found = self.attributes.get((folded(kind), folded(code)))
        if found is None:
            text = gettext("This product type has no attribute with this code.")
            raise ValidationError({"attribute": text})
        return PortRule(attribute=found)
