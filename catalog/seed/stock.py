"""Prices and stock: written once, so changes by staff remain."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from catalog.models import Product
from catalog.partner.models import Partner, StockRecord
from catalog.seed.tables import product_rows

#: Reduced prices in CAD; the files have the regular prices.
SALE = {"MF-XS-CASE": "29.00", "MF-XS-SCALE": "24.50", "MF-GL-CA-THIN-20": "9.75"}
SALE_LENGTH = timedelta(days=30)
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
    made = StockRecord.objects.bulk_create(records)
    _reduce([record for record in made if record.partner_sku in SALE])
    return len(made)


def _reduce(records: list[StockRecord]) -> None:
    """Reduce the prices of new records; the price history has the regular price."""
    until = timezone.localdate() + SALE_LENGTH
    for record in records:
        rows = StockRecord.objects.filter(pk=record.pk)
        rows.update(price=Decimal(SALE[record.partner_sku]), sale_until=until)


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
