"""Which stock rows need an order to the maker, and which of them first."""

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from catalog.partner.models import StockRecord

#: Few pieces, where a product sets no threshold of its own.
FEW = 3

_PROMISED = Coalesce(F("num_allocated"), 0)
_ON_SHELF = Coalesce(F("num_in_stock"), 0)
_THRESHOLD = Coalesce(F("low_stock_threshold"), Value(FEW))

#: Orders were promised pieces that are not there yet.
WAITED_FOR = Q(num_allocated__gt=_ON_SHELF)

#: Few free pieces, and no way to order more of them; or orders that wait for pieces already.
LOW_STOCK = Q(backorder=False, num_in_stock__lte=_PROMISED + _THRESHOLD) | WAITED_FOR


def with_levels(records: QuerySet[StockRecord]) -> QuerySet[StockRecord]:
    """Add, in pieces: `free`, `waiting` (promised but not there), `over` (free above the
    threshold; negative is urgent)."""
    free = _ON_SHELF - _PROMISED
    return records.annotate(
        free=free,
        waiting=Case(When(WAITED_FOR, then=-free), default=Value(0)),
        over=free - _THRESHOLD,
    )


#: First what most orders wait for, then what lies furthest below its threshold; among equals what
#: has no delivery announced, then the latest one. For records `with_levels`.
BY_URGENCY = ("-waiting", "over", F("expected_on").desc(nulls_first=True), "pk")
