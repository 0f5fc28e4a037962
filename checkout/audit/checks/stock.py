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

SKU = "SKU %(partner_sku)s"
OF_LINE = {"number": "order__number", "sku": "partner_sku"}


def _records() -> Any:
    """Return all records with their levels; an unknown level is 0."""
    return StockRecord.objects.order_by("pk").annotate(
        on_hand=Coalesce(F("num_in_stock"), 0), committed=Coalesce(F("num_allocated"), 0)
    )


@check("committed-stock", _("All committed stock belongs to open orders."))
def committed_stock(run: CheckRun) -> Iterator[Breach]:
    """The committed units of a stock record are those that lines of live orders reserve."""
    run.count(StockRecord.objects.all())
    live = Line.objects.filter(order__status__in=LIVE)
    reserved = total(live, "num_allocated", by="stockrecord_id")
    suspects = _records().annotate(reserved=reserved).exclude(committed=F("reserved"))
    problem = _("Committed: %(committed)d; reserved by orders: %(reserved)d.")
    yield from run.breaches(suspects, problem, COUNT, subject=SKU)


@check("available-stock", _("No stock is negative, and nothing is oversold."))
def available_stock(run: CheckRun) -> Iterator[Breach]:
    """Stock on hand covers committed stock, unless the product allows backorders."""
    run.count(StockRecord.objects.all())
    negative = Q(on_hand__lt=0) | Q(committed__lt=0)
    oversold = Q(backorder=False, on_hand__lt=F("committed"))
    suspects = _records().filter(negative | oversold)
    yield from run.breaches(
        suspects.annotate(available=F("on_hand") - F("committed")),
        _("On hand: %(on_hand)d; committed: %(committed)d; available: %(available)d."),
        _("Count the stock. Reorder, or cancel an order that cannot ship."),
        subject=SKU,
    )


@check("ended-orders", _("No expired or cancelled order reserves stock."))
def ended_orders(run: CheckRun) -> Iterator[Breach]:
    """The lines of expired and cancelled orders reserve nothing."""
    ended = run.count(Line.objects.filter(order__status__in=ENDED))
    problem = _("It is %(status)s, but still reserves %(units)d of %(sku)s.")
    columns = {"status": "order__status", "units": "num_allocated", **OF_LINE}
    yield from run.breaches(ended.filter(num_allocated__gt=0), problem, COUNT, **columns)


@check("line-reservations", _("Every open order reserves the units that are left to ship."))
def line_reservations(run: CheckRun) -> Iterator[Breach]:
    """Each line of a live order reserves its unshipped units, or none if stock is not tracked."""
    live = run.count(Line.objects.filter(order__status__in=LIVE))
    shipped = total(ShippingEventQuantity.objects, "quantity", by="line_id")
    untracked = Q(num_allocated=0) & (Q(stockrecord=None) | Q(stock_tracked=False))
    suspects = live.annotate(to_ship=F("quantity") - F("cancelled") - shipped).exclude(
        Q(num_allocated=F("to_ship")) | untracked
    )
    problem = _("%(sku)s: %(reserved)d reserved, but %(to_ship)d left to ship.")
    yield from run.breaches(suspects, problem, COUNT, reserved="num_allocated", **OF_LINE)


@check("stock-ledger", _("Every stock record is the sum of its stock movements."))
def stock_ledger(run: CheckRun) -> Iterator[Breach]:
    """Stock on hand and committed stock are the sums of the ledger's rows."""
    movements = run.count(StockMovement.objects.all())
    suspects = (
        _records()
        .annotate(
            ledger_on_hand=total(movements, "on_hand_change", by="stockrecord_id"),
            ledger_committed=total(movements, "committed_change", by="stockrecord_id"),
        )
        .exclude(on_hand=F("ledger_on_hand"), committed=F("ledger_committed"))
    )
    yield from run.breaches(
        suspects,
        _(
            "On hand: %(on_hand)d; committed: %(committed)d. Its stock movements add up to "
            "%(ledger_on_hand)d and %(ledger_committed)d."
        ),
        COUNT,
        subject=SKU,
    )
