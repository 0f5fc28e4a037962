"""Facts of products: battery, radio, customs, size, safety."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.fields.related import ForeignKey
from django.utils.translation import gettext
from import_export import fields

from accounts.countries import countries
from catalog.facts import FACTS, ProductFacts
from microflight.core.forms import LineField
from microflight.core.history import BATCH, history_of, update_in_bulk
from microflight.imports.products import BySku, Named
from microflight.imports.report import Planned
from microflight.imports.resources import ShopResource, cell, own_cell


class FactsResource(BySku):
    """Facts of products and variants; an empty cell of a variant inherits its product's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        names = [name for name in FACTS if name != "origin_id"]
        found = Named(lambda code: countries().filter(pk=code.upper()).first(), required=False)
        self.fields |= {
            "sku": own_cell("sku", "import_sku", LineField()),
            **{name: cell(ProductFacts, name) for name in names},
            "origin": own_cell("origin", "origin", found),
        }

    class Meta(ShopResource.Meta):
        model = ProductFacts

    def rows(self) -> Any:
        return ProductFacts.objects.select_related("product").order_by("product__upc", "pk")

    def product_rows(self) -> Any:
        return super().product_rows().select_related("product_class", "parent", "facts")

    def find(self, key: tuple[str, ...]) -> Any:
        return getattr(self.product(key), "facts", None)

    def init_instance(self, row: Any = None) -> ProductFacts:
        key = self._key(row or {})
        if (product := self.product(key)) is None:
            raise ValidationError({"sku": self.missing(key)})
        return ProductFacts(product=product)

    def value(self, field: fields.Field, instance: Any) -> Any:
        if field.column_name == "sku":
            return instance.product.upc or ""
        if field.column_name == "origin":  # its code, without a query
            return instance.origin_id
        return super().value(field, instance)

    def validate_instance(self, instance: Any, *errors: Any, **options: Any) -> None:
        """Check as the admin's form does, without a query for each row."""
        if errors and errors[0]:
            raise ValidationError(errors[0])
        relations = [one.name for one in instance._meta.fields if isinstance(one, ForeignKey)]
        exclude = {*relations, *self.unchanged()}
        instance.clean_fields(exclude)
        instance.clean()
        instance.validate_constraints(exclude)
        if not instance.battery and not instance.product.is_child:
            text = gettext("Choose the battery type; most have “no battery”.")
            raise ValidationError({"battery": text})

    def create(self, some: list[Planned]) -> None:
        rows = [one.instance for one in some]
        ProductFacts.objects.bulk_create(rows, batch_size=BATCH)
        history_of(ProductFacts).record_changed(rows, "+")

    def update(self, some: list[Planned]) -> None:
        rows = [one.instance for one in some]
        update_in_bulk(ProductFacts, rows, self.columns_of(some))
