"""The history of a product in the admin, with that of its price, facts and attribute values."""

from typing import Any

from django.http import HttpRequest

from catalog.admin import refresh
from catalog.facts import ProductFacts
from catalog.models import ProductAttributeValue
from catalog.partner.models import StockRecord
from microflight.core.history_admin import HistoryMixin


class ProductHistoryMixin(HistoryMixin):
    """The history page of a product."""

    restore_permissions = {ProductAttributeValue: "catalogue.change_product"}

    def histories(self, record: Any) -> list[Any]:
        """Return the versions of the product, its price, facts and attribute values."""
        owned: tuple[Any, ...] = (StockRecord, ProductFacts, ProductAttributeValue)
        return [
            *super().histories(record),
            *(model.history.filter(product_id=record.pk) for model in owned),
        ]

    def restored(self, request: HttpRequest, record: Any) -> None:
        """Update the read model and cached pages."""
        refresh.products_changed([record])
