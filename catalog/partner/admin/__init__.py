"""The admin of stock: levels and actions, ledger, price history, the product form, suppliers."""

from catalog.partner.admin import ledger, prices, stock, suppliers
from catalog.partner.admin.inline import StockInline

__all__ = ["StockInline", "ledger", "prices", "stock", "suppliers"]
