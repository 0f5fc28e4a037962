"""The stock ledger: every change of stock with its movement, in the caller's transaction.

For each stock record the movements add up to its levels: `on_hand_change` to `num_in_stock`,
`committed_change` to `num_allocated`. A function that raises has changed nothing once the caller's
transaction (or savepoint) is rolled back. Records are always locked in the order of their IDs.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Case, F, Q, Sum, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from catalog.partner.models import MovementType, StockMovement, StockRecord
from microflight.core import page_cache
from microflight.core.bounds import MAX_UNITS
from microflight.core.errors import ServiceError

if TYPE_CHECKING:
    from accounts.users.models import User

#: ID of the stock record, quantity, title for the customer.
Item = tuple[int, int, str]

_ORDER = "order:"
_COMMITTED = Coalesce(F("num_allocated"), 0)
_ON_HAND = Coalesce(F("num_in_stock"), 0)


class StockError(ServiceError):
    """The stock has not changed. The message may be shown to staff."""


class InsufficientStock(StockError):
    """Less is available than an order needs; `backorder`: more can be ordered on backorder."""

    def __init__(self, title: str, left: int, *, backorder: bool = False) -> None:
        self.title, self.left, self.backorder = title, left, backorder
        super().__init__(
            _("Only %(left)s of %(title)s available.") % {"left": left, "title": title}
        )


class NotOnHand(StockError):
    """A shipment needs units that are not on hand, or not committed."""

    def __init__(self, quantity: int) -> None:
        message = _("Committed units that are not on hand: %(quantity)s.")
        super().__init__(message % {"quantity": quantity})


class StockChanged(StockError):
    """The stock changed since staff opened the page; `now` is the current quantity."""

    def __init__(self, seen: int, now: int) -> None:
        self.seen, self.now = seen, now
        message = _(
            "The quantity on hand was %(seen)s when you opened this page and is %(now)s now. "
            "Please count again."
        )
        super().__init__(message % {"seen": seen, "now": now})


class BelowCommitted(StockError):
    """Less would be on hand than is committed to orders; `orders` are their numbers."""

    def __init__(self, level: int, committed: int, orders: list[str]) -> None:
        self.level, self.committed, self.orders = level, committed, orders
        message = _(
            "Committed to orders%(orders)s: %(committed)s, so %(level)s on hand is too few. Cancel "
            "the items that can't be shipped or allow backorder first."
        )
        numbers = f" ({', '.join(orders)})" if orders else ""
        super().__init__(message % {"committed": committed, "orders": numbers, "level": level})


# --- Orders --------------------------------------------------------------------------------------


# Without a savepoint of its own, for speed: an error rolls back the caller's transaction.
@transaction.atomic(savepoint=False)
def reserve(
    items: Iterable[Item], *, reference: str, in_stock: Collection[int] = frozenset()
) -> None:
    """Commit stock to an order; raises InsufficientStock.

    One query for each record and one for all movements. The condition is part of the query, so two
    customers cannot both get the last unit. Stock records `in_stock` must have the units available
    even if they allow backorder, because the customer was not shown a backorder.
    """
    movements = []
    for pk, quantity, title in sorted(items):
        _check(quantity)
        committed = _COMMITTED + quantity
        available = Q(num_in_stock__gte=committed)
        if pk not in in_stock:
            available |= Q(backorder=True)
        if not StockRecord.objects.filter(available, pk=pk).move(num_allocated=committed):
            raise _insufficient_stock(pk, title)
        movements.append(_movement(pk, MovementType.SALE, committed=quantity, reference=reference))
    StockMovement.objects.bulk_create(movements)


@transaction.atomic(savepoint=False)
def release(
    items: Iterable[Item], *, reference: str, by: "User | None" = None, reason: str = ""
) -> list[int]:
    """Release stock that was committed to an order.

    Returns the IDs of stock records with less committed; those are left unchanged.
    """
    movements, short = [], []
    details: dict[str, Any] = {"reference": reference, "by": by, "reason": reason}
    for pk, quantity, _title in sorted(items):
        _check(quantity)
        records = StockRecord.objects.filter(pk=pk, num_allocated__gte=quantity)
        if records.move(num_allocated=F("num_allocated") - quantity):
            movements.append(_movement(pk, MovementType.RELEASE, committed=-quantity, **details))
        else:
            short.append(pk)
    StockMovement.objects.bulk_create(movements)
    return short


@transaction.atomic(savepoint=False)
def ship(
    pk: int, quantity: int, *, reference: str, by: "User | None" = None, reason: str = ""
) -> None:
    """Remove committed stock that is shipped; raises NotOnHand."""
    _check(quantity)
    on_hand = StockRecord.objects.filter(
        pk=pk, num_allocated__gte=quantity, num_in_stock__gte=quantity
    )
    moved = on_hand.move(
        num_allocated=F("num_allocated") - quantity, num_in_stock=F("num_in_stock") - quantity
    )
    if not moved:
        raise NotOnHand(quantity)
    change = {"on_hand": -quantity, "committed": -quantity}
    details: dict[str, Any] = {"reference": reference, "by": by, "reason": reason}
    _movement(pk, MovementType.SHIPMENT, **change, **details).save()


def _insufficient_stock(pk: int, title: str) -> InsufficientStock:
    record = StockRecord.objects.filter(pk=pk).first()
    if record is None:
        return InsufficientStock(title, 0)
    left = max(0, record.net_stock_level or 0)
    return InsufficientStock(title, left, backorder=record.backorder)


# --- Stock on hand -------------------------------------------------------------------------------


def receive(pk: int, quantity: int, *, by: "User | None", reason: str = "", key: str = "") -> None:
    """Add a delivery. With a `key`, a form that is submitted twice adds it once."""
    _add(pk, MovementType.RECEIPT, quantity, by=by, reason=reason, key=key)


def restock(
    pk: int, quantity: int, *, reference: str, by: "User | None", reason: str = "", key: str = ""
) -> None:
    """Add units that were returned from an order; with a `key` once."""
    details: dict[str, Any] = {"reference": reference, "by": by, "reason": reason, "key": key}
    _add(pk, MovementType.RETURN, quantity, **details)


@transaction.atomic
def count(
    pk: int, counted: int, *, seen: int, by: "User | None", reason: str = "", key: str = ""
) -> int:
    """Record a stock count; return the difference to the quantity on hand.

    Raises StockChanged if the quantity on hand is not what staff have `seen`, and BelowCommitted.
    A count without a difference is recorded, too.
    """
    record = _lock(pk)
    movement = _movement(pk, MovementType.COUNT, by=by, reason=reason, key=key)
    if earlier := _submitted_before(movement):
        return earlier.on_hand_change
    _check_count(record, counted, seen=seen)
    movement.on_hand_change = counted - (record.num_in_stock or 0)
    _save(movement)
    return movement.on_hand_change


@transaction.atomic
def count_many(
    counts: Mapping[int, tuple[int, int]], *, by: "User | None", reason: str
) -> dict[int, StockError]:
    """Record the counts of many records, {pk: (seen, counted)}, in a few queries.

    Returns what is wrong, by pk; nothing has changed then.
    """
    locked = StockRecord.objects.select_for_update(of=("self",)).select_related("product")
    records = list(locked.filter(pk__in=counts).order_by("pk"))
    errors: dict[int, StockError] = {}
    for record in records:
        try:
            _check_count(record, counts[record.pk][1], seen=counts[record.pk][0])
        except StockError as error:
            errors[record.pk] = error
    if errors or not records:
        return errors
    levels = [When(pk=record.pk, then=counts[record.pk][1]) for record in records]
    StockRecord.objects.filter(pk__in=counts).move(num_in_stock=Case(*levels))
    StockMovement.objects.bulk_create(
        _movement(
            record.pk, MovementType.COUNT, by=by, reason=reason,
            on_hand=counts[record.pk][1] - (record.num_in_stock or 0),
        )
        for record in records
    )  # fmt: skip
    page_cache.invalidate()
    return {}


@transaction.atomic
def adjust(pk: int, change: int, *, by: "User | None", reason: str, key: str = "") -> None:
    """Add or remove units for a reason: damaged, lost, found. Raises StockError."""
    if not reason.strip():
        raise StockError(_("Enter a reason for the adjustment."))
    if change == 0:
        raise StockError(_("An adjustment adds or removes at least one unit."))
    record = _lock(pk)
    _reject_kit(record)
    details: dict[str, Any] = {"by": by, "reason": reason, "key": key}
    movement = _movement(pk, MovementType.ADJUSTMENT, on_hand=change, **details)
    if _submitted_before(movement):
        return
    now = record.num_in_stock or 0
    if now + change < 0:
        message = _("Only %(now)s on hand, so you can't remove %(quantity)s.")
        raise StockError(message % {"now": now, "quantity": -change})
    _check_maximum(now + change)
    _check_committed(record, now + change)
    _save(movement)


# --- Queries -------------------------------------------------------------------------------------


def orders_with_stock(pk: int) -> list[str]:
    """Return the numbers of the orders that stock of a record is committed to, oldest first."""
    rows = StockMovement.objects.filter(stockrecord=pk, reference__startswith=_ORDER)
    totals = rows.values("reference").annotate(quantity=Sum("committed_change"))
    held = totals.filter(quantity__gt=0).order_by("reference")
    return [row["reference"].removeprefix(_ORDER) for row in held]


# --- Helpers -------------------------------------------------------------------------------------


def _check(quantity: int) -> None:
    if quantity <= 0:
        message = _("%(quantity)s is not a valid quantity: enter 1 or more.")
        raise StockError(message % {"quantity": quantity})


def _check_count(record: StockRecord, counted: int, *, seen: int) -> None:
    """Raise StockError if a record cannot be counted so."""
    if counted < 0:
        raise StockError(_("A count is 0 or more."))
    _check_maximum(counted)
    _reject_kit(record)
    now = record.num_in_stock or 0
    if now != seen:
        raise StockChanged(seen, now)
    _check_committed(record, counted)


def _check_maximum(level: int) -> None:
    if level > MAX_UNITS:
        message = _("The most of one product that can be on hand: %(limit)s.")
        raise StockError(message % {"limit": MAX_UNITS})


def _lock(pk: int) -> StockRecord:
    records = StockRecord.objects.select_for_update(of=("self",))
    return records.select_related("product").get(pk=pk)


def _reject_kit(record: StockRecord) -> None:
    if record.product.is_kit:
        message = _("%(sku)s is a kit: receive, count or adjust its components.")
        raise StockError(message % {"sku": record.partner_sku})


def _check_committed(record: StockRecord, level: int) -> None:
    committed = record.num_allocated or 0
    if level < committed and level < (record.num_in_stock or 0) and not record.backorder:
        raise BelowCommitted(level, committed, orders_with_stock(record.pk))


def _movement(
    pk: int, movement_type: MovementType, *, on_hand: int = 0, committed: int = 0, **details: Any
) -> StockMovement:
    changes = {"on_hand_change": on_hand, "committed_change": committed}
    return StockMovement(stockrecord_id=pk, type=movement_type, **changes, **details)


@transaction.atomic
def _add(pk: int, movement_type: MovementType, quantity: int, **details: Any) -> None:
    _check(quantity)
    record = _lock(pk)
    if movement_type == MovementType.RECEIPT:  # what was sold before it became a kit may come back
        _reject_kit(record)
    _check_maximum((record.num_in_stock or 0) + quantity)
    _save(_movement(pk, movement_type, on_hand=quantity, **details))


def _submitted_before(movement: StockMovement) -> StockMovement | None:
    """Return the movement that the same form wrote before, if any."""
    if not movement.key:
        return None
    same = {"stockrecord_id": movement.stockrecord_id, "key": movement.key}
    return StockMovement.objects.filter(**same).first()


def _save(movement: StockMovement) -> None:
    """Save a movement and change its locked record, unless its form did so before."""
    if _submitted_before(movement):
        return
    if movement.on_hand_change:
        StockRecord.objects.filter(pk=movement.stockrecord_id).move(
            num_in_stock=_ON_HAND + movement.on_hand_change
        )
    movement.save()
    page_cache.invalidate()
