"""Attribute values: a row for each product and attribute."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils.translation import gettext
from import_export import fields

from catalog.admin.fields import attribute_field
from catalog.models import (
    AttributeOption,
    ProductAttribute,
    ProductAttributeValue,
)
from microflight.core.forms import LineField
from microflight.core.history import update_in_bulk
from microflight.imports.products import SEPARATOR, BySku
from microflight.imports.report import Planned
from microflight.imports.resources import FlagField, ShopResource, folded, own_cell

_COLUMNS = (
    "value_text", "value_integer", "value_boolean", "value_float", "value_richtext", "value_date",
    "value_datetime", "value_option",
)  # fmt: skip


class AttributeResource(BySku):
    """Attribute values: a row for each product and attribute; several options are joined by |."""

    key_columns: ClassVar[tuple[str, ...]] = ("sku", "attribute")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.attributes = {
            (one.product_class_id, folded(one.code)): one for one in ProductAttribute.objects.all()
        }
        self.options: dict[int, dict[str, AttributeOption]] = {}
        for option in AttributeOption.objects.all():
            self.options.setdefault(option.group_id, {})[folded(option.option)] = option
        self.fields |= {
            "sku": own_cell("sku", "import_sku", LineField()),
            "attribute": own_cell("attribute", "import_code", LineField()),
            "value": own_cell("value", "import_value", forms.CharField(required=False)),
        }

    class Meta(ShopResource.Meta):
        model = ProductAttributeValue

    def rows(self) -> Any:
        rows = ProductAttributeValue.objects.exclude(
            attribute__type__in=("file", "image", "entity")
        )
        rows = rows.select_related("product", "attribute__option_group", "value_option")
        rows = rows.prefetch_related("value_multi_option")
        return rows.order_by("product__upc", "attribute__code", "pk")

    def product_rows(self) -> Any:
        values = ProductAttributeValue.objects.select_related("attribute", "value_option")
        values = values.prefetch_related("value_multi_option")
        return super().product_rows().prefetch_related(Prefetch("attribute_values", values))

    def find(self, key: tuple[str, ...]) -> Any:
        product = self.product(key)
        values = product.attribute_values.all() if product else []
        wanted = folded(key[1])
        return next((one for one in values if folded(one.attribute.code) == wanted), None)

    def init_instance(self, row: Any = None) -> ProductAttributeValue:
        sku, code = self._key(row or {})
        product = self.product((sku, code))
        if product is None:
            raise ValidationError({"sku": self.missing((sku,))})
        kind = product.get_product_class()
        found = self.attributes.get((kind and kind.pk, folded(code)))
        if found is None:
            text = gettext("The type of this product has no attribute with this code.")
            raise ValidationError({"attribute": text})
        return ProductAttributeValue(product=product, attribute=found)

    def value(self, field: fields.Field, row: Any) -> Any:
        if field.column_name == "sku":
            return row.product.upc or ""
        if field.column_name == "attribute":
            return row.attribute.code
        if hasattr(row, "import_value"):
            return row.import_value
        return _attribute_text(row) if row.pk else ""

    def validate_instance(self, instance: Any, *errors: Any, **options: Any) -> None:
        """Read the value with the field of the attribute. Raises ValidationError."""
        if not hasattr(instance, "import_value"):  # the file has no such column
            raise ValidationError({"import_value": gettext("Enter a value.")})
        try:
            instance.parsed = self._parsed(instance.attribute, instance.import_value)
        except ValidationError as error:
            raise ValidationError({"import_value": error.messages}) from error

    def _parsed(self, attribute: ProductAttribute, text: str) -> Any:
        """Return the value of a cell; None if it is empty. Raises ValidationError."""
        if not text and not attribute.required:
            return None
        if attribute.is_option or attribute.is_multi_option:
            return self._chosen(attribute, text)
        field: Any = attribute_field(attribute, required=attribute.required)
        if attribute.type == ProductAttribute.BOOLEAN:
            field = FlagField()
        elif attribute.type == ProductAttribute.DATETIME:  # the admin has two fields for it
            field = forms.DateTimeField()
        return field.clean(text)

    def _chosen(self, attribute: ProductAttribute, text: str) -> Any:
        known = self.options.get(attribute.option_group_id or 0, {})
        names = text.split(SEPARATOR) if attribute.is_multi_option else [text]
        found = [known.get(folded(name)) for name in names]
        if None in found:
            options = ", ".join(option.option for option in known.values())
            raise ValidationError(gettext("Choose from: %s.") % options[:200])
        return found if attribute.is_multi_option else found[0]

    def update(self, some: list[Planned]) -> None:
        """Save values, new ones too, and delete those whose cell is empty."""
        values = ProductAttributeValue.objects
        values.filter(pk__in=[one.instance.pk for one in some if _is_empty(one)]).delete()
        stored: list[Any] = []
        new: list[Any] = []
        for one in some:
            row = one.instance
            if _is_empty(one):
                continue
            if row.attribute.is_multi_option:
                row.attribute.save_value(row.product, row.parsed)
            else:
                row.value = row.parsed
                (new if one.is_new else stored).append(row)
        values.bulk_create(new)
        update_in_bulk(ProductAttributeValue, stored, _COLUMNS)


def _is_empty(one: Planned) -> bool:
    return one.instance.parsed in (None, "")


def _attribute_text(row: ProductAttributeValue) -> Any:
    """Return a value as a file has it."""
    value = row.value
    if row.attribute.is_multi_option:
        return SEPARATOR.join(sorted(str(one) for one in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, float) else value
