"""Prices and stock: written once, so changes by staff remain."""

from datetime import date
from decimal import Decimal

from catalog.models import Product
from catalog.partner.models import Partner, StockRecord
from catalog.seed.tables import product_rows

LOW = 5  # units; the low-stock threshold


def load_stock(products: dict[str, Product]) -> int:
    """Create missing stock records; return how many were new."""
    partner, _ = Partner.objects.get_or_create(code="plantraco", defaults={"name": "Plantraco"})
    known = set(StockRecord.objects.filter(partner=partner).values_list("partner_sku", flat=True))
    records = [
        _record(partner, products[row.sku], row.common)
        for row in product_rows()
        if row.is_sold and row.sku not in known
    ]
    return len(StockRecord.objects.bulk_create(records))


def _record(partner: Partner, product: Product, line: dict[str, str]) -> StockRecord:
    return StockRecord(
        product=product,
        partner=partner,
        partner_sku=line["sku"],
        price_currency="CAD",
        price=Decimal(line["price"]),
        num_in_stock=int(line["stock"]),
        low_stock_threshold=LOW,
        backorder=bool(line["due"]),
        expected_on=date.fromisoformat(line["due"]) if line["due"] else None,
    )
