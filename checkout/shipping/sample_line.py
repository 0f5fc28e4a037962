"""One product with a quantity, in place of a line of a cart."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.partner.availability import Stock
from catalog.partner.models import StockRecord


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A product and its quantity, with what the engine and `promises_of` read of a cart line."""

    stockrecord: StockRecord
    quantity: int

    @property
    def product(self) -> Any:
        return self.stockrecord.product

    @property
    def product_id(self) -> int:
        return self.stockrecord.product_id

    @property
    def line_reference(self) -> str:
        return self.stockrecord.partner_sku

    @property
    def unit_price_excl_tax(self) -> Decimal:
        return self.stockrecord.price or Decimal(0)

    @property
    def can_be_ordered(self) -> bool:
        """Tell whether the stock, or a backorder, allows this quantity."""
        stock = Stock.of(self.stockrecord, self.product)
        return stock.is_purchase_permitted(self.quantity)[0]
