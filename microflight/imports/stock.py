"""Stock, prices and attribute values: rows that belong to products by their SKU."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils.translation import gettext
from import_export import fields

from catalog.admin.fields import attribute_field
from catalog.models import ProductAttribute, ProductAttributeValue
from catalog.partner import ledger
from catalog.partner.models import Partner, StockRecord
from microflight.core.bounds import MAX_UNITS
from microflight.core.forms import LineField
from microflight.core.numbers import IntegerField
from microflight.imports.products import SEPARATOR, BySku, Named, by_name
from microflight.imports.resources import ShopResource, cell, own_cell


class StockResource(BySku):
    """Stock records: price, terms, and the quantity on hand, which goes through the ledger."""

    key_columns: ClassVar[tuple[str, ...]] = ("sku", "supplier")
    names: ClassVar[tuple[str, ...]] = (
        "sale_price", "sale_from", "sale_until", "low_stock_threshold", "backorder", "expected_on",
        "location",
    )  # fmt: skip
    has_quantity = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fields |= {
            "sku": own_cell("sku", "import_sku", LineField()),
            "supplier": own_cell("supplier", "partner", Named(by_name(Partner, "name"))),
            "price": cell(StockRecord, "regular_price", "price"),
            **{name: cell(StockRecord, name) for name in self.names},
        }
        if self.has_quantity:
            on_hand = IntegerField(min_value=0, max_value=MAX_UNITS, required=False)
            self.fields["on_hand"] = own_cell("on_hand", "import_on_hand", on_hand)

    class Meta(ShopResource.Meta):
        model = StockRecord

    def get_import_order(self) -> list[str]:
        return list(self.fields)

    get_export_order = get_import_order

    def rows(self) -> Any:
        return StockRecord.objects.select_related("partner", "product").order_by(
            "partner_sku", "pk"
        )

    def product_rows(self) -> Any:
        records = StockRecord.objects.select_related("partner")
        return super().product_rows().prefetch_related(Prefetch("stockrecords", records))

    def find(self, key: tuple[str, ...]) -> Any:
        product = self.product(key)
        records = list(product.stockrecords.all()) if product else []
        wanted = [one for one in records if key[1] in ("", one.partner.name)]
        return wanted[0] if len(wanted) == 1 else None

    def init_instance(self, row: Any = None) -> StockRecord:
        """Return a new record of a product that exists."""
        product = self.product(self._key(row or {}))
        if product is None:
            raise ValidationError({"sku": self.missing(self._key(row or {}))})
        record = StockRecord(product=product, partner_sku=product.upc or "", num_in_stock=0)
        record.opened_by = self.by
        return record

    def _prepare(self, record: Any) -> None:
        if not hasattr(record, "import_sku"):
            record.import_sku = record.partner_sku
            record.import_on_hand = record.num_in_stock or 0

    def exported(self, instance: Any) -> list[Any]:
        self._prepare(instance)
        return super().exported(instance)

    def cells(self, instance: Any, row: Any) -> dict[str, Any]:
        self._prepare(instance)
        return super().cells(instance, row)

    def value(self, field: fields.Field, record: Any) -> Any:
        if field.column_name == "sku":
            return record.product.upc or record.partner_sku
        if field.column_name == "supplier":
            return record.partner.name if record.partner_id else ""
        return super().value(field, record)

    def save_related(self, instance: Any, row: Any) -> None:
        """Count the stock to the quantity of the file. Raises ValidationError."""
        seen, counted = instance.num_in_stock or 0, instance.import_on_hand
        if self.has_quantity and "on_hand" in self.row_changed and counted is not None:
            try:
                ledger.count(instance.pk, counted, seen=seen, by=self.by, reason=gettext("Import"))
            except ledger.StockError as error:
                raise ValidationError({"import_on_hand": str(error)}) from error


class PriceResource(StockResource):
    """Prices alone."""

    names: ClassVar[tuple[str, ...]] = ("sale_price", "sale_from", "sale_until")
    has_quantity = False


class AttributeResource(BySku):
    """Attribute values: a row for each product and attribute; several options are joined by |."""

    key_columns: ClassVar[tuple[str, ...]] = ("sku", "attribute")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
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
        return super().product_rows().prefetch_related(Prefetch("attribute_values", values))

    def find(self, key: tuple[str, ...]) -> Any:
        product = self.product(key)
        values = product.attribute_values.all() if product else []
        return next((one for one in values if one.attribute.code == key[1]), None)

    def init_instance(self, row: Any = None) -> ProductAttributeValue:
        sku, code = self._key(row or {})
        product = self.product((sku, code))
        if product is None:
            raise ValidationError({"sku": self.missing((sku,))})
        kind = product.get_product_class()
        found = ProductAttribute.objects.filter(product_class=kind, code=code).first()
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
        attribute = instance.attribute
        if not hasattr(instance, "import_value"):  # the file has no such column
            raise ValidationError({"import_value": gettext("Enter a value.")})
        text: Any = instance.import_value
        if attribute.is_option or attribute.is_multi_option:
            pks = dict(attribute.option_group.options.values_list("option", "pk"))
            chosen = [pks.get(part.strip(), part) for part in text.split(SEPARATOR) if part]
            text = chosen if attribute.is_multi_option else next(iter(chosen), "")
        field: Any = attribute_field(attribute, required=attribute.required)
        try:
            instance.parsed = field.clean(text)
        except ValidationError as error:
            raise ValidationError({"import_value": error.messages}) from error

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        """Save, or delete the value if the cell is empty."""
        empty = instance.parsed in (None, "") or instance.import_value == ""
        if not empty or not is_create:
            instance.attribute.save_value(instance.product, None if empty else instance.parsed)


def _attribute_text(row: ProductAttributeValue) -> Any:
    """Return a value as a file has it."""
    value = row.value
    if row.attribute.is_multi_option:
        return SEPARATOR.join(sorted(str(one) for one in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, float) else value
