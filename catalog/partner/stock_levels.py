"""Stock levels: which records are low, and which of them are most urgent."""

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from catalog.partner.models import StockRecord

#: The low-stock threshold of a record without its own.
DEFAULT_THRESHOLD = 3

_COMMITTED = Coalesce(F("num_allocated"), 0)
_ON_HAND = Coalesce(F("num_in_stock"), 0)
_THRESHOLD = Coalesce(F("low_stock_threshold"), Value(DEFAULT_THRESHOLD))

#: More is committed to orders than is on hand.
BACKORDERED = Q(num_allocated__gt=_ON_HAND)

#: At or below the threshold and without backorder, or backordered already.
LOW_STOCK = Q(backorder=False, num_in_stock__lte=_COMMITTED + _THRESHOLD) | BACKORDERED


def with_levels(records: QuerySet[StockRecord]) -> QuerySet[StockRecord]:
    """Annotate `available`, `backordered` and `above_threshold` (units; negative is urgent)."""
    available = _ON_HAND - _COMMITTED
    return records.annotate(
        available=available,
        backordered=Case(When(BACKORDERED, then=-available), default=Value(0)),
        above_threshold=available - _THRESHOLD,
    )


#: For records `with_levels`: most units backordered first, then furthest below the threshold; among
#: equals, those without an expected delivery, then the latest one.
BY_URGENCY = ("-backordered", "above_threshold", F("expected_on").desc(nulls_first=True), "pk")
