"""Stock records against what orders hold of them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from catalog.partner.models import StockMovement, StockRecord
from checkout.audit.checks.base import Breach, Look, check, total
from checkout.audit.checks.money import ENDED
from checkout.order.models import Line, ShippingEventQuantity
from checkout.order.states import LIVE

COUNT = "Count the shelf, correct the record, and see in its movements when they parted."


def _records() -> Any:
    return StockRecord.objects.order_by("pk").annotate(promised=Coalesce(F("num_allocated"), 0))


@check("stock-promised", "Every piece that is promised is promised to a living order.")
def stock_promised(look: Look) -> Iterator[Breach]:
    """The pieces a stock record promises are those that the lines of living orders hold of it."""
    look.at(StockRecord.objects.all())
    living = Line.objects.filter(order__status__in=LIVE)
    held = total(living, "num_allocated", by="stockrecord_id")
    suspects = _records().annotate(held=held).exclude(promised=F("held"))
    for sku, promised, held_pieces in suspects.values_list("partner_sku", "promised", "held"):
        what = f"{promised} pieces are promised, and orders hold {held_pieces}."
        yield look.breach(f"SKU {sku}", what, COUNT)


@check("stock-free", "Nothing is counted below zero, and nothing is sold that is not there.")
def stock_free(look: Look) -> Iterator[Breach]:
    """What is free is what was counted less what is promised, and not below zero where the
    product may not be ordered ahead."""
    look.at(StockRecord.objects.all())
    below = Q(num_in_stock__lt=0) | Q(promised__lt=0)
    oversold = Q(backorder=False, num_in_stock__lt=F("promised"))
    suspects = _records().filter(below | oversold)
    for sku, counted, promised in suspects.values_list("partner_sku", "num_in_stock", "promised"):
        what = f"{counted} pieces are counted and {promised} promised: {counted - promised} free."
        todo = "Count the shelf; order more, or cancel an order that cannot be served."
        yield look.breach(f"SKU {sku}", what, todo)


@check("stock-ended", "No order that has ended holds stock.")
def stock_ended(look: Look) -> Iterator[Breach]:
    """The lines of expired and cancelled orders hold nothing."""
    ended = Line.objects.filter(order__status__in=ENDED)
    look.at(ended)
    holding = ended.filter(num_allocated__gt=0).order_by("pk")
    for number, status, pieces, sku in holding.values_list(
        "order__number", "order__status", "num_allocated", "partner_sku"
    ):
        what = f"It is {status}, and still holds {pieces} of {sku}."
        yield look.order(number, what, COUNT)


@check("stock-lines", "Every living order holds what it has not shipped yet.")
def stock_lines(look: Look) -> Iterator[Breach]:
    """Each line of a living order holds its pieces that have not left, or, where the product's
    stock is not counted, none."""
    living = Line.objects.filter(order__status__in=LIVE)
    look.at(living)
    sent = total(ShippingEventQuantity.objects, "quantity", by="line_id")
    counted = Coalesce(  # never NULL, which would be in no comparison
        "product__parent__product_class__track_stock", "product__product_class__track_stock", False
    )
    uncounted = Q(num_allocated=0) & (Q(stockrecord=None) | Q(counted=False))
    suspects = living.annotate(left=F("quantity") - F("cancelled") - sent, counted=counted).exclude(
        Q(num_allocated=F("left")) | uncounted
    )
    for number, sku, held, to_ship in suspects.order_by("pk").values_list(
        "order__number", "partner_sku", "num_allocated", "left"
    ):
        what = f"It holds {held} of {sku}, and {to_ship} are still to ship."
        yield look.order(number, what, COUNT)


@check("stock-ledger", "Every stock record is the sum of its movements.")
def stock_ledger(look: Look) -> Iterator[Breach]:
    """What is on the shelf and what is promised are what the ledger explains, row by row."""
    look.at(StockMovement.objects.all())
    moves = StockMovement.objects.all()
    suspects = (
        _records()
        .annotate(
            counted=Coalesce(F("num_in_stock"), 0),
            shelf=total(moves, "on_hand_change", by="stockrecord_id"),
            reserved=total(moves, "committed_change", by="stockrecord_id"),
        )
        .exclude(counted=F("shelf"), promised=F("reserved"))
    )
    for sku, counted, promised, shelf, reserved in suspects.values_list(
        "partner_sku", "counted", "promised", "shelf", "reserved"
    ):
        what = (
            f"{counted} pieces are counted and {promised} promised; its movements say "
            f"{shelf} and {reserved}."
        )
        yield look.breach(f"SKU {sku}", what, COUNT)
