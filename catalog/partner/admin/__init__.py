"""Stock for staff: levels and acts, the ledger, the part in the product's form, its holders."""

from catalog.partner.admin import holders, movements, records
from catalog.partner.admin.inline import StockInline

__all__ = ["StockInline", "holders", "movements", "records"]
