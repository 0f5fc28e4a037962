"""Scheduled sale prices: a price from one day until another, and the price before afterwards.

A job changes the price itself, because lists, cart and feeds read that column, and because the
history of prices must have it (`prices`).
"""

from datetime import date

from django.db import transaction
from django.db.models import Q

from catalog.partner.models import StockRecord
from microflight.core.row_locks import lock_rows


@transaction.atomic
def apply_sales(day: date) -> list[int]:
    """Start and end the sales of a day; return the IDs of their products. Safe to run twice.

    A sale that runs also ends when staff remove its price, or move its first day to later.
    """
    started = Q(regular_price=None, price__isnull=False, sale_price__isnull=False)
    started &= Q(sale_from__lte=day) & (Q(sale_until=None) | Q(sale_until__gte=day))
    ended = Q(sale_until__lt=day) & (Q(regular_price__isnull=False) | Q(sale_price__isnull=False))
    ended |= Q(regular_price__isnull=False) & (Q(sale_price=None) | Q(sale_from__gt=day))
    locked = lock_rows(StockRecord.objects.filter(started | ended))
    records = list(StockRecord.objects.filter(pk__in=locked))
    for record in records:
        if record.sale_price is None or (record.sale_until and record.sale_until < day):
            _end(record)
        elif record.regular_price is not None:
            record.price, record.regular_price = record.regular_price, None
        else:
            record.regular_price, record.price = record.price, record.sale_price
        record.save()
    return [record.product_id for record in records]


def _end(record: StockRecord) -> None:
    """Restore the price before the sale."""
    if record.regular_price is not None:
        record.price = record.regular_price
    record.regular_price = record.sale_price = record.sale_from = record.sale_until = None
