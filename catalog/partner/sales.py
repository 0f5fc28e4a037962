"""The price in effect: the sale price on the days of a sale, otherwise the regular price.

It is stored (`StockRecord.price`), because lists, cart and feeds read that column, and because the
history of prices must have it (`prices`). It always follows from the other columns, so saving a
record and the job may write it at any time, in any order.
"""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def price_on(day: date) -> Case:
    """Return the expression of the price of a stock record on a day."""
    runs = Q(sale_price__isnull=False, sale_from__lte=day)
    runs &= Q(sale_until=None) | Q(sale_until__gte=day)
    return Case(When(runs, then=F("sale_price")), default=F("regular_price"))


def check_sale(record: Any) -> None:
    """Raise ValidationError for a sale without a first day, or that ends before it, or that does
    not reduce the price of a stock record."""
    errors: dict[str, Any] = {}
    if record.sale_from is None:
        errors["sale_from"] = _("Enter the first day of the sale.")
    elif record.sale_until and record.sale_until < record.sale_from:
        errors["sale_until"] = _("Enter the first day of the sale or later.")
    is_over = record.sale_until and record.sale_until < timezone.localdate()
    if not is_over and record.sale_price >= (record.regular_price or 0):
        errors["sale_price"] = _("The sale price must be lower than the price.")
    if errors:
        raise ValidationError(errors)
