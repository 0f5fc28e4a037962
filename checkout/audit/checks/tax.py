"""Totals and taxes of every order, to the cent."""

from collections.abc import Iterator

from django.db.models import BigIntegerField, F, Max, Q, Sum
from django.db.models.functions import Cast, Round

from checkout.audit.checks.base import Breach, Look, cad, cents, check, one_number, total
from checkout.order.models import Line, Order
from checkout.tax.models import TaxLine

#: A rate has five decimals.
_RATE = 100_000
BOOKKEEPING = "The order's figures were changed after it was placed: compare with its letter."


_TAXES = TaxLine.objects.annotate(tax_cents=cents("amount"))


@check("order-totals", "Every order's total is its lines, its delivery and its taxes.")
def order_totals(look: Look) -> Iterator[Breach]:
    """Before tax: lines and delivery. In all: that and every tax line."""
    orders = Order.objects.all()
    look.at(orders)
    nets = Line.objects.annotate(net=cents("line_price_excl_tax"))
    suspects = (
        orders.annotate(
            before=cents("total_excl_tax"),
            whole=cents("total_incl_tax"),
            goods=total(nets, "net", by="order_id"),
            delivery=cents("shipping_excl_tax"),
            taxes=total(_TAXES, "tax_cents", by="order_id"),
        )
        .exclude(before=F("goods") + F("delivery"), whole=F("goods") + F("delivery") + F("taxes"))
        .order_by("pk")
    )
    for number, before, whole, goods, delivery, taxes in suspects.values_list(
        "number", "before", "whole", "goods", "delivery", "taxes"
    ):
        what = (
            f"It says {cad(before)} before tax and {cad(whole)} in all; lines {cad(goods)}, "
            f"delivery {cad(delivery)} and taxes {cad(taxes)} make {cad(goods + delivery + taxes)}."
        )
        yield look.order(number, what, BOOKKEEPING)


@check("line-taxes", "Every line's tax lines are its price with tax less its price without.")
def line_taxes(look: Look) -> Iterator[Breach]:
    """The same holds for delivery."""
    lines, orders = Line.objects.all(), Order.objects.all()
    look.at(lines)
    look.at(orders)
    off = lines.annotate(
        tax=cents("line_price_incl_tax") - cents("line_price_excl_tax"),
        taxes=total(_TAXES, "tax_cents", by="line_id"),
    ).exclude(tax=F("taxes"))
    for number, sku, tax, taxes in off.order_by("pk").values_list(
        "order__number", "partner_sku", "tax", "taxes"
    ):
        what = f"{sku} carries {cad(tax)} of tax, and its tax lines are {cad(taxes)}."
        yield look.order(number, what, BOOKKEEPING)
    # filtered in the sum: asked for rows without a line, SQLite reads those of all orders each time
    on_delivery = Sum("tax_cents", filter=Q(line=None), default=0)
    delivery = orders.annotate(
        tax=cents("shipping_incl_tax") - cents("shipping_excl_tax"),
        taxes=one_number(_TAXES, on_delivery, by="order_id"),
    ).exclude(tax=F("taxes"))
    for number, tax, taxes in delivery.order_by("pk").values_list("number", "tax", "taxes"):
        what = f"Delivery carries {cad(tax)} of tax, and its tax lines are {cad(taxes)}."
        yield look.order(number, what, BOOKKEEPING)


@check("tax-bases", "Every tax line is worked out on the price of its line.")
def tax_bases(look: Look) -> Iterator[Breach]:
    """The amount taxed is the line's price before tax, or delivery's."""
    taxes = TaxLine.objects.all()
    look.at(taxes)
    on = taxes.annotate(
        taxed=cents("base"),
        line_price=cents("line__line_price_excl_tax"),
        delivery=cents("order__shipping_excl_tax"),
    )
    wrong = Q(line__isnull=False) & ~Q(taxed=F("line_price"))
    wrong |= Q(line=None) & ~Q(taxed=F("delivery"))
    suspects = on.filter(wrong).order_by("pk")
    for number, name, sku, taxed, price, delivery in suspects.values_list(
        "order__number", "component", "line__partner_sku", "taxed", "line_price", "delivery"
    ):
        price = delivery if sku is None else price
        what = f"{name} was taken on {cad(taxed)} of {sku or 'delivery'}, which costs {cad(price)}."
        yield look.order(number, what, BOOKKEEPING)


@check("tax-components", "Every tax is its rate of the whole order, rounded once.")
def tax_components(look: Look) -> Iterator[Breach]:
    """Per order and component: rate x (goods + delivery), half a cent rounded up. In whole
    numbers, because SQLite would round a fraction."""
    components = TaxLine.objects.order_by("order_id", "component").values(
        "order__number", "component"
    )
    rate = Cast(Round(F("rate") * _RATE), BigIntegerField())
    worked = components.annotate(
        least=Sum(cents("amount")),
        rate_units=Max(rate),
        base_cents=Max(cents("order__total_excl_tax")),
    )
    look.looked_at += components.distinct().count()
    due = (F("base_cents") * F("rate_units") + _RATE // 2) / _RATE
    for row in worked.annotate(due=due).exclude(least=F("due")):
        what = (
            f"{row['component']} is {cad(row['least'])}, and {_percent(row['rate_units'])} of "
            f"{cad(row['base_cents'])} is {cad(row['due'])}."
        )
        yield look.order(row["order__number"], what, BOOKKEEPING)


def _percent(units: int) -> str:
    return f"{units / 1000:g} %"
