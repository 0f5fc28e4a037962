"""The admin of stock: levels and actions, the ledger, the product form's inline, suppliers."""

from catalog.partner.admin import ledger, stock, suppliers
from catalog.partner.admin.inline import StockInline

__all__ = ["StockInline", "ledger", "stock", "suppliers"]
