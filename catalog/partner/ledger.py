"""The stock ledger: every move of pieces, each with its row, in the caller's transaction.

For every stock record the rows add up to its two levels: `shelf_change` to `num_in_stock`,
`promised_change` to `num_allocated`. Whoever raises has moved nothing, once the caller's
transaction (or savepoint) is undone. Several records are always locked by primary key, upwards.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from catalog.partner.models import StockMove, StockMovement, StockRecord
from microflight.core import page_cache

if TYPE_CHECKING:
    from accounts.users.models import User

#: Primary key of the stock record, pieces, title for the shopper.
Wanted = tuple[int, int, str]

_ORDER = "order:"
_PROMISED = Coalesce(F("num_allocated"), 0)
_ON_SHELF = Coalesce(F("num_in_stock"), 0)


class StockError(Exception):
    """Nothing has moved. The text may be shown to staff."""


class NotEnough(StockError):
    """Fewer pieces are free than an order wants; `backorder`: more can be ordered all the same."""

    def __init__(self, title: str, left: int, *, backorder: bool = False) -> None:
        self.title, self.left, self.backorder = title, left, backorder
        super().__init__(f"{left} of {title} are free.")


class NotOnShelf(StockError):
    """A parcel wants pieces that are not there, or that were not promised."""

    def __init__(self, pieces: int) -> None:
        super().__init__(f"{pieces} promised pieces are not on the shelf.")


class StockMoved(StockError):
    """The shelf is not what it was when staff looked; `now` is what it is."""

    def __init__(self, seen: int, now: int) -> None:
        self.seen, self.now = seen, now
        super().__init__(
            f"The shop's figure was {seen} when you opened this page and is {now} now. "
            "Please look at the shelf again."
        )


class BelowPromised(StockError):
    """Less would be on the shelf than orders were promised; `orders` are their numbers."""

    def __init__(self, level: int, promised: int, orders: list[str]) -> None:
        self.level, self.promised, self.orders = level, promised, orders
        whose = f" ({', '.join(orders)})" if orders else ""
        super().__init__(
            f"{promised} are promised to orders{whose}, so {level} on the shelf is too few. Cancel "
            "what cannot be sent or allow backorder first, then enter it again."
        )


# --- Orders --------------------------------------------------------------------------------------


# Without a savepoint of its own, for speed: an error marks the caller's transaction as undone.
@transaction.atomic(savepoint=False)
def reserve(
    wanted: Iterable[Wanted], *, about: str, in_stock: Collection[int] = frozenset()
) -> None:
    """Promise pieces to an order; raise NotEnough. One statement a record and one for all rows.

    Two buyers of the last piece cannot both get it: the condition is in the statement. Of the
    stock records `in_stock` the pieces must be free, also where backorders are allowed: the
    buyer was not shown one.
    """
    rows = []
    for pk, pieces, title in sorted(wanted):
        _check(pieces)
        promised = _PROMISED + pieces
        free = Q(num_in_stock__gte=promised)
        if pk not in in_stock:
            free |= Q(backorder=True)
        if not StockRecord.objects.filter(free, pk=pk).move(num_allocated=promised):
            raise _not_enough(pk, title)
        rows.append(_row(pk, StockMove.SALE, promised=pieces, about=about))
    StockMovement.objects.bulk_create(rows)


@transaction.atomic(savepoint=False)
def release(
    wanted: Iterable[Wanted], *, about: str, by: "User | None" = None, why: str = ""
) -> list[int]:
    """Free pieces that were promised to an order.

    Returns the stock records that had fewer promised, which keep what they have.
    """
    rows, unheld = [], []
    for pk, pieces, _title in sorted(wanted):
        _check(pieces)
        held = StockRecord.objects.filter(pk=pk, num_allocated__gte=pieces)
        if held.move(num_allocated=F("num_allocated") - pieces):
            rows.append(_row(pk, StockMove.RELEASE, promised=-pieces, about=about, by=by, why=why))
        else:
            unheld.append(pk)
    StockMovement.objects.bulk_create(rows)
    return unheld


@transaction.atomic(savepoint=False)
def ship(pk: int, pieces: int, *, about: str, by: "User | None" = None, why: str = "") -> None:
    """Take promised pieces off the shelf; raise NotOnShelf."""
    _check(pieces)
    there = StockRecord.objects.filter(pk=pk, num_allocated__gte=pieces, num_in_stock__gte=pieces)
    moved = there.move(
        num_allocated=F("num_allocated") - pieces, num_in_stock=F("num_in_stock") - pieces
    )
    if not moved:
        raise NotOnShelf(pieces)
    change = {"shelf": -pieces, "promised": -pieces}
    _row(pk, StockMove.SHIPMENT, **change, about=about, by=by, why=why).save()


def _not_enough(pk: int, title: str) -> NotEnough:
    record = StockRecord.objects.filter(pk=pk).first()
    if record is None:
        return NotEnough(title, 0)
    return NotEnough(title, max(0, record.net_stock_level or 0), backorder=record.backorder)


# --- The shelf -----------------------------------------------------------------------------------


def receive(pk: int, pieces: int, *, by: "User | None", why: str = "", key: str = "") -> None:
    """Add a delivery. With a `key`, the same form sent twice adds once."""
    _add(pk, StockMove.RECEIPT, pieces, by=by, why=why, key=key)


def take_back(
    pk: int, pieces: int, *, about: str, by: "User | None", why: str = "", key: str = ""
) -> None:
    """Put pieces that came back from an order on the shelf again; with a `key` once."""
    _add(pk, StockMove.RETURN, pieces, about=about, by=by, why=why, key=key)


@transaction.atomic
def count(
    pk: int, counted: int, *, seen: int, by: "User | None", why: str = "", key: str = ""
) -> int:
    """Write what lies on the shelf beside what the page showed; return the difference.

    Raises StockMoved where the shelf is not what was `seen`, and BelowPromised; a count that
    agrees is kept too, as a row that moves nothing.
    """
    if counted < 0:
        raise StockError("A count is 0 or more.")
    record = _lock(pk)
    row = _row(pk, StockMove.COUNT, by=by, why=why, key=key)
    if known := _known(row):
        return known.shelf_change
    now = record.num_in_stock or 0
    if now != seen:
        raise StockMoved(seen, now)
    _check_promised(record, counted)
    row.shelf_change = counted - now
    _put(row)
    return row.shelf_change


@transaction.atomic
def correct(pk: int, change: int, *, by: "User | None", why: str, key: str = "") -> None:
    """Add or take pieces for a reason: broken, lost, found. Raises StockError, BelowPromised."""
    if not why.strip():
        raise StockError("Please say why the stock is corrected.")
    if change == 0:
        raise StockError("A correction adds or takes at least one piece.")
    record = _lock(pk)
    row = _row(pk, StockMove.CORRECTION, shelf=change, by=by, why=why, key=key)
    if _known(row):
        return
    level = (record.num_in_stock or 0) + change
    if level < 0:
        raise StockError(
            f"Only {record.num_in_stock or 0} are on the shelf: {-change} is too many."
        )
    _check_promised(record, level)
    _put(row)


# --- Reading -------------------------------------------------------------------------------------


def orders_promised(pk: int) -> list[str]:
    """Return the numbers of the orders that hold pieces of a record, oldest first."""
    rows = StockMovement.objects.filter(stockrecord=pk, about__startswith=_ORDER)
    held = rows.values("about").annotate(pieces=Sum("promised_change")).filter(pieces__gt=0)
    return [row["about"].removeprefix(_ORDER) for row in held.order_by("about")]


# --- Parts ---------------------------------------------------------------------------------------


def _check(pieces: int) -> None:
    if pieces <= 0:
        raise StockError(f"{pieces} is not a number of pieces: at least 1 moves.")


def _lock(pk: int) -> StockRecord:
    return StockRecord.objects.select_for_update(of=("self",)).get(pk=pk)


def _check_promised(record: StockRecord, level: int) -> None:
    promised = record.num_allocated or 0
    if level < promised and level < (record.num_in_stock or 0) and not record.backorder:
        raise BelowPromised(level, promised, orders_promised(record.pk))


def _row(pk: int, kind: str, *, shelf: int = 0, promised: int = 0, **more: Any) -> StockMovement:
    return StockMovement(
        stockrecord_id=pk, kind=kind, shelf_change=shelf, promised_change=promised, **more
    )


@transaction.atomic
def _add(pk: int, kind: str, pieces: int, **more: Any) -> None:
    _check(pieces)
    _lock(pk)
    _put(_row(pk, kind, shelf=pieces, **more))


def _known(row: StockMovement) -> StockMovement | None:
    """The row that the same form wrote before, if it was sent twice."""
    if not row.key:
        return None
    same = StockMovement.objects.filter(stockrecord_id=row.stockrecord_id, key=row.key)
    return same.first()


def _put(row: StockMovement) -> None:
    """Move the shelf of a locked record and write the row, unless its form did so before."""
    if _known(row):
        return
    if row.shelf_change:
        StockRecord.objects.filter(pk=row.stockrecord_id).move(
            num_in_stock=_ON_SHELF + row.shelf_change
        )
    row.save()
    page_cache.invalidate()
