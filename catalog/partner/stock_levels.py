"""Stock levels: which records can be sold, which are low, and which of those are most urgent.

A level that is not known counts as 0.
"""

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from catalog.partner.kit_stock import available_kits
from catalog.partner.models import StockRecord

#: The low-stock threshold of a record without its own.
DEFAULT_THRESHOLD = 3

_COMMITTED = Coalesce(F("num_allocated"), 0)
_ON_HAND = Coalesce(F("num_in_stock"), 0)
_THRESHOLD = Coalesce(F("low_stock_threshold"), Value(DEFAULT_THRESHOLD))

#: The product type, of a variant its parent's, does not track stock.
UNTRACKED = Q(product__product_class__track_stock=False) | Q(
    product__parent__product_class__track_stock=False
)
#: A kit, which has no stock of its own.
KIT = Q(product__is_kit=True)
TRACKED = ~UNTRACKED & ~KIT

#: More is committed to orders than is on hand.
BACKORDERED = Q(num_allocated__gt=_ON_HAND)

#: At least one unit can be sold without backorder.
AVAILABLE = ~KIT & (UNTRACKED | Q(num_in_stock__gt=_COMMITTED)) | KIT & Q(
    GreaterThanOrEqual(available_kits("product_id"), 1)
)

#: Tracked, and nothing on hand.
OUT_OF_STOCK = TRACKED & (Q(num_in_stock=0) | Q(num_in_stock=None))

#: Tracked, at or below the threshold and without backorder; or backordered already.
LOW_STOCK = (
    TRACKED & Q(LessThanOrEqual(_ON_HAND, _COMMITTED + _THRESHOLD), backorder=False) | BACKORDERED
)


def with_levels(records: QuerySet[StockRecord]) -> QuerySet[StockRecord]:
    """Annotate `available`, `backordered` and `above_threshold` (units; negative is urgent, None
    if the stock is not tracked)."""
    available = _ON_HAND - _COMMITTED
    return records.annotate(
        available=available,
        backordered=Case(When(BACKORDERED, then=-available), default=Value(0)),
        above_threshold=Case(When(TRACKED, then=available - _THRESHOLD)),
    )


#: For records `with_levels`: most units backordered first, then furthest below the threshold; among
#: equals, those without an expected delivery, then the latest one.
BY_URGENCY = (
    "-backordered",
    F("above_threshold").asc(nulls_last=True),
    F("expected_on").desc(nulls_first=True),
    "pk",
)
