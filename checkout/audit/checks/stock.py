"""Stock records compared with orders and with the stock ledger."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from catalog.partner.models import StockMovement, StockRecord
from checkout.audit.checks.base import Breach, CheckRun, check, total
from checkout.audit.checks.payments import ENDED
from checkout.order.models import Line, ShippingEventQuantity
from checkout.order.states import LIVE

COUNT = _("Count the stock, correct the stock record, and check its history for the cause.")


def _records() -> Any:
    return StockRecord.objects.order_by("pk").annotate(committed=Coalesce(F("num_allocated"), 0))


@check("committed-stock", _("All committed stock belongs to open orders."))
def committed_stock(run: CheckRun) -> Iterator[Breach]:
    """The committed units of a stock record are those that lines of live orders reserve."""
    run.count(StockRecord.objects.all())
    live = Line.objects.filter(order__status__in=LIVE)
    reserved = total(live, "num_allocated", by="stockrecord_id")
    suspects = _records().annotate(reserved=reserved).exclude(committed=F("reserved"))
    problem = _("%(committed)d units are committed, but orders reserve %(reserved)d.")
    for sku, committed, units in suspects.values_list("partner_sku", "committed", "reserved"):
        yield run.breach(f"SKU {sku}", problem, COUNT, committed=committed, reserved=units)


@check("available-stock", _("No stock is negative, and nothing is oversold."))
def available_stock(run: CheckRun) -> Iterator[Breach]:
    """Stock on hand covers committed stock, unless the product allows backorders."""
    run.count(StockRecord.objects.all())
    negative = Q(num_in_stock__lt=0) | Q(committed__lt=0)
    oversold = Q(backorder=False, num_in_stock__lt=F("committed"))
    suspects = _records().filter(negative | oversold)
    for sku, on_hand, committed in suspects.values_list("partner_sku", "num_in_stock", "committed"):
        yield run.breach(
            f"SKU {sku}",
            _(
                "%(on_hand)d units are on hand and %(committed)d committed: %(available)d "
                "available."
            ),
            _("Count the stock. Reorder, or cancel an order that cannot ship."),
            on_hand=on_hand,
            committed=committed,
            available=on_hand - committed,
        )


@check("ended-orders", _("No expired or cancelled order reserves stock."))
def ended_orders(run: CheckRun) -> Iterator[Breach]:
    """The lines of expired and cancelled orders reserve nothing."""
    ended = Line.objects.filter(order__status__in=ENDED)
    run.count(ended)
    reserving = ended.filter(num_allocated__gt=0).order_by("pk")
    problem = _("It is %(status)s, but still reserves %(units)d of %(sku)s.")
    for number, status, units, sku in reserving.values_list(
        "order__number", "order__status", "num_allocated", "partner_sku"
    ):
        yield run.order_breach(number, problem, COUNT, status=status, units=units, sku=sku)


@check("line-reservations", _("Every open order reserves the units that are left to ship."))
def line_reservations(run: CheckRun) -> Iterator[Breach]:
    """Each line of a live order reserves its unshipped units, or none if stock is not tracked."""
    live = Line.objects.filter(order__status__in=LIVE)
    run.count(live)
    shipped = total(ShippingEventQuantity.objects, "quantity", by="line_id")
    tracked = Coalesce(  # never NULL, which compares as neither equal nor different
        "product__parent__product_class__track_stock", "product__product_class__track_stock", False
    )
    untracked = Q(num_allocated=0) & (Q(stockrecord=None) | Q(tracked=False))
    suspects = live.annotate(
        to_ship=F("quantity") - F("cancelled") - shipped, tracked=tracked
    ).exclude(Q(num_allocated=F("to_ship")) | untracked)
    problem = _("It reserves %(reserved)d of %(sku)s, but %(to_ship)d are left to ship.")
    for number, sku, reserved, to_ship in suspects.order_by("pk").values_list(
        "order__number", "partner_sku", "num_allocated", "to_ship"
    ):
        yield run.order_breach(number, problem, COUNT, reserved=reserved, sku=sku, to_ship=to_ship)


@check("stock-ledger", _("Every stock record is the sum of its stock movements."))
def stock_ledger(run: CheckRun) -> Iterator[Breach]:
    """Stock on hand and committed stock are the sums of the ledger's rows."""
    movements = StockMovement.objects.all()
    run.count(movements)
    suspects = (
        _records()
        .annotate(
            on_hand=Coalesce(F("num_in_stock"), 0),
            ledger_on_hand=total(movements, "on_hand_change", by="stockrecord_id"),
            ledger_committed=total(movements, "committed_change", by="stockrecord_id"),
        )
        .exclude(on_hand=F("ledger_on_hand"), committed=F("ledger_committed"))
    )
    for sku, on_hand, committed, ledger_on_hand, ledger_committed in suspects.values_list(
        "partner_sku", "on_hand", "committed", "ledger_on_hand", "ledger_committed"
    ):
        yield run.breach(
            f"SKU {sku}",
            _(
                "%(on_hand)d units are on hand and %(committed)d committed, but its stock "
                "movements add up to %(ledger_on_hand)d and %(ledger_committed)d."
            ),
            COUNT,
            on_hand=on_hand,
            committed=committed,
            ledger_on_hand=ledger_on_hand,
            ledger_committed=ledger_committed,
        )
