"""Refunds and returns against the bill and the parcels that they are of."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef

from checkout.audit.checks.base import Breach, Look, cad, cents, check, total
from checkout.order.models import Line, Order, ShippingEventQuantity
from checkout.payment.models import Movement, MovementKind
from checkout.refunds.models import PartKind, RefundPart
from checkout.returns.models import ReturnLine
from checkout.tax.models import TaxLine

_ITS_ORDER = "movement__attempt__order_id"
TELL = "Tell a developer: what was paid back of which tax is not known to the cent."


@check("refund-parts", "Every refund is the sum of its parts.")
def refund_parts(look: Look) -> Iterator[Breach]:
    """What a refund pays back of each line, of delivery and of each tax adds up to it."""
    refunds = Movement.objects.filter(kind=MovementKind.REFUND)
    look.at(refunds)
    parts = total(RefundPart.objects, "cents", by="movement_id")
    suspects = refunds.annotate(explained=parts).exclude(amount_cents=F("explained"))
    for number, stripe_id, amount, explained in suspects.order_by("pk").values_list(
        "attempt__order__number", "stripe_id", "amount_cents", "explained"
    ):
        what = f"Refund {stripe_id} is {cad(amount)}, and its parts are {cad(explained)}."
        yield look.order(number, what, TELL)


@check("paid-back", "Nothing is paid back for more than it cost.")
def paid_back(look: Look) -> Iterator[Breach]:
    """The parts of all refunds of a line, of delivery, and of each tax are within the bill, but
    for those that the bank sent back."""
    parts = RefundPart.objects.filter(movement__failed_at=None)
    look.at(parts)
    net, delivery = parts.filter(component=""), parts.filter(kind=PartKind.DELIVERY)
    of_lines = Line.objects.annotate(
        cost=cents("line_price_excl_tax"), back=total(net, "cents", by="line_id")
    )
    of_delivery = Order.objects.annotate(
        cost=cents("shipping_excl_tax"),
        back=total(delivery.filter(component=""), "cents", by=_ITS_ORDER),
    )
    yield from _over(look, of_lines, "order__number", "partner_sku")
    yield from _over(look, of_delivery, "number", "shipping_method")
    taxes = TaxLine.objects.annotate(cost=cents("amount"))
    same = OuterRef("component")
    on_lines = total(parts.filter(component=same), "cents", by="line_id", outer="line_id")
    on_delivery = total(delivery.filter(component=same), "cents", by=_ITS_ORDER, outer="order_id")
    of_taxes = taxes.filter(line__isnull=False).annotate(back=on_lines)
    yield from _over(look, of_taxes, "order__number", "component")
    of_taxes = taxes.filter(line=None).annotate(back=on_delivery)
    yield from _over(look, of_taxes, "order__number", "component")


def _over(look: Look, rows: Any, number: str, name: str) -> Iterator[Breach]:
    over = rows.filter(back__gt=F("cost")).order_by("pk")
    for order, thing, back, cost in over.values_list(number, name, "back", "cost"):
        what = f"{cad(back)} was paid back of {thing}, which cost {cad(cost)}."
        yield look.order(order, what, TELL)


@check("returned", "No more comes back than has left.")
def returned(look: Look) -> Iterator[Breach]:
    """The pieces of a line that came back are at most those that were sent."""
    lines = ReturnLine.objects.all()
    look.at(lines)
    come = total(lines.annotate(came=F("restocked") + F("scrapped")), "came", by="line_id")
    sent = total(ShippingEventQuantity.objects, "quantity", by="line_id")
    over = Line.objects.annotate(came=come, sent=sent).filter(came__gt=F("sent"))
    for number, sku, came, left in over.order_by("pk").values_list(
        "order__number", "partner_sku", "came", "sent"
    ):
        what = f"{came} of {sku} came back, and {left} had left."
        yield look.order(number, what, "Count the shelf, and correct the record.")
