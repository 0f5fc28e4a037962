"""Refunds and returns compared with what was charged and shipped."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef
from django.utils.translation import gettext_lazy as _

from checkout.audit.checks.base import Breach, CheckRun, cents, check, total
from checkout.order.models import Line, Order, ShippingEventQuantity
from checkout.payment.models import Transaction, TransactionType
from checkout.refunds.models import AllocationType, RefundAllocation
from checkout.returns.models import ReturnLine
from checkout.tax.models import TaxLine

_ITS_ORDER = "refund__attempt__order_id"
TELL = _("Tell a developer: the refunded tax is not known to the cent.")


@check("refund-allocations", _("Every refund is the sum of its allocations."))
def refund_allocations(run: CheckRun) -> Iterator[Breach]:
    """Refunds of lines, shipping and taxes add up to the refund."""
    refunds = run.count(Transaction.objects.filter(type=TransactionType.REFUND))
    allocated = total(RefundAllocation.objects, "cents", by="refund_id")
    suspects = refunds.annotate(allocated_cents=allocated).exclude(
        amount_cents=F("allocated_cents")
    )
    yield from run.breaches(
        suspects,
        _("Refund %(refund)s is %(amount)s, but its allocations add up to %(allocated)s."),
        TELL,
        number="attempt__order__number",
        refund="stripe_id",
        amount="amount_cents",
        allocated="allocated_cents",
    )


@check("refund-limits", _("Nothing is refunded for more than it cost."))
def refund_limits(run: CheckRun) -> Iterator[Breach]:
    """Refunds of each line, of shipping and of each tax are within what was charged, without
    failed refunds."""
    parts = run.count(RefundAllocation.objects.filter(refund__failed_at=None))
    net, delivery = parts.filter(component=""), parts.filter(type=AllocationType.SHIPPING)
    of_lines = Line.objects.annotate(
        cost_cents=cents("line_price_excl_tax"), refunded_cents=total(net, "cents", by="line_id")
    )
    shipping_shares = Order.objects.annotate(
        cost_cents=cents("shipping_excl_tax"),
        refunded_cents=total(delivery.filter(component=""), "cents", by=_ITS_ORDER),
    )
    yield from _refunded_too_much(run, of_lines, "order__number", "partner_sku")
    yield from _refunded_too_much(run, shipping_shares, "number", "shipping_method")
    taxes = TaxLine.objects.annotate(cost_cents=cents("amount"))
    same = OuterRef("component")
    on_lines = total(parts.filter(component=same), "cents", by="line_id", outer="line_id")
    on_delivery = total(delivery.filter(component=same), "cents", by=_ITS_ORDER, outer="order_id")
    of_taxes = taxes.filter(line__isnull=False).annotate(refunded_cents=on_lines)
    yield from _refunded_too_much(run, of_taxes, "order__number", "component")
    of_taxes = taxes.filter(line=None).annotate(refunded_cents=on_delivery)
    yield from _refunded_too_much(run, of_taxes, "order__number", "component")


def _refunded_too_much(run: CheckRun, rows: Any, number: str, name: str) -> Iterator[Breach]:
    over = rows.filter(refunded_cents__gt=F("cost_cents"))
    problem = _("%(refunded)s of %(item)s was refunded, but it cost %(cost)s.")
    columns = {"refunded": "refunded_cents", "cost": "cost_cents"}
    yield from run.breaches(over, problem, TELL, number=number, item=name, **columns)


@check("returned-quantities", _("No line returns more than shipped."))
def returned_quantities(run: CheckRun) -> Iterator[Breach]:
    """The returned units of a line are at most its shipped ones."""
    lines = run.count(ReturnLine.objects.all())
    arrived = total(lines.annotate(arrived=F("restocked") + F("scrapped")), "arrived", by="line_id")
    shipped = total(ShippingEventQuantity.objects, "quantity", by="line_id")
    over = Line.objects.annotate(arrived=arrived, shipped=shipped).filter(arrived__gt=F("shipped"))
    yield from run.breaches(
        over,
        _("%(sku)s: %(returned)d returned, but only %(shipped)d shipped."),
        _("Count the stock, and correct the stock record."),
        number="order__number",
        sku="partner_sku",
        returned="arrived",
    )
