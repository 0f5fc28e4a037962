"""The history of a product in the admin, with that of its price, facts and attribute values."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext

from catalog.admin import fields, refresh
from catalog.facts import ProductFacts
from catalog.models import Product, ProductAttributeValue
from catalog.partner.models import StockRecord
from microflight.core.history_admin import HistoryMixin


class ProductHistoryMixin(HistoryMixin):
    """The history page of a product."""

    label_of = staticmethod(fields.label_of)
    restore_permissions = {ProductAttributeValue: "catalogue.change_product"}

    def histories(self, record: Any) -> list[Any]:
        """Return the versions of the product, its price, facts and attribute values."""
        owned: tuple[Any, ...] = (StockRecord, ProductFacts, ProductAttributeValue)
        return [
            *super().histories(record),
            *(model.history.filter(product_id=record.pk) for model in owned),
        ]

    def restore_version(self, version: Any) -> None:
        """Reject a version from before the product got variants."""
        if version.instance_type is Product:
            now = Product.objects.filter(pk=version.id).exclude(structure=version.structure)
            if now.exists():
                text = gettext("Since then it became a product with variants, and stays one.")
                raise ValidationError(text)
        super().restore_version(version)

    def restored(self, request: HttpRequest, record: Any) -> None:
        """Update the read model and cached pages."""
        refresh.products_changed([record])
