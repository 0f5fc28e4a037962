"""Totals and taxes of orders, to the cent."""

from collections.abc import Iterator

from django.db.models import BigIntegerField, F, Max, Q, Sum
from django.db.models.functions import Cast, Round
from django.utils.translation import gettext_lazy as _

from checkout.audit.checks.base import Breach, CheckRun, cad, cents, check, one_number, total
from checkout.order.models import Line, Order
from checkout.tax.models import TaxLine

#: Rates have five decimals.
_RATE = 100_000
CHANGED = _("The order was changed after it was placed: compare it with its confirmation email.")

_TAXES = TaxLine.objects.annotate(tax_cents=cents("amount"))


@check("order-totals", _("Every order’s total is the sum of lines, shipping and taxes."))
def order_totals(run: CheckRun) -> Iterator[Breach]:
    """Lines and shipping are the total before tax; with all tax lines they are the total."""
    orders = Order.objects.all()
    run.count(orders)
    nets = Line.objects.annotate(net=cents("line_price_excl_tax"))
    suspects = (
        orders.annotate(
            before_tax=cents("total_excl_tax"),
            total=cents("total_incl_tax"),
            items=total(nets, "net", by="order_id"),
            shipping=cents("shipping_excl_tax"),
            taxes=total(_TAXES, "tax_cents", by="order_id"),
        )
        .exclude(
            before_tax=F("items") + F("shipping"), total=F("items") + F("shipping") + F("taxes")
        )
        .order_by("pk")
    )
    problem = _(
        "Its total is %(total)s (%(before_tax)s before tax), but lines %(items)s, shipping "
        "%(shipping)s and taxes %(taxes)s add up to %(sum)s."
    )
    for number, *sums in suspects.values_list(
        "number", "before_tax", "total", "items", "shipping", "taxes"
    ):
        names = ("before_tax", "total", "items", "shipping", "taxes", "sum")
        amounts = dict(zip(names, map(cad, [*sums, sum(sums[2:])]), strict=True))
        yield run.order_breach(number, problem, CHANGED, **amounts)


@check("line-taxes", _("The tax lines of every line and of shipping add up to its tax."))
def line_taxes(run: CheckRun) -> Iterator[Breach]:
    """The tax of a line is its price with tax less its price before tax."""
    lines, orders = Line.objects.all(), Order.objects.all()
    run.count(lines)
    run.count(orders)
    problem = _("%(item)s has %(tax)s of tax, but its tax lines add up to %(taxes)s.")
    suspects = lines.annotate(
        tax=cents("line_price_incl_tax") - cents("line_price_excl_tax"),
        taxes=total(_TAXES, "tax_cents", by="line_id"),
    ).exclude(tax=F("taxes"))
    for number, sku, tax, taxes in suspects.order_by("pk").values_list(
        "order__number", "partner_sku", "tax", "taxes"
    ):
        yield run.order_breach(number, problem, CHANGED, item=sku, tax=cad(tax), taxes=cad(taxes))
    # filtered in the sum, since SQLite would read the tax lines of all orders for each order
    on_shipping = Sum("tax_cents", filter=Q(line=None), default=0)
    shipping = orders.annotate(
        tax=cents("shipping_incl_tax") - cents("shipping_excl_tax"),
        taxes=one_number(_TAXES, on_shipping, by="order_id"),
    ).exclude(tax=F("taxes"))
    for number, tax, taxes in shipping.order_by("pk").values_list("number", "tax", "taxes"):
        yield run.order_breach(
            number, problem, CHANGED, item=_("Shipping"), tax=cad(tax), taxes=cad(taxes)
        )


@check("tax-bases", _("Every tax line is calculated on the price of its line."))
def tax_bases(run: CheckRun) -> Iterator[Breach]:
    """The taxed amount is the price of the line, or of shipping, before tax."""
    taxes = TaxLine.objects.all()
    run.count(taxes)
    priced = taxes.annotate(
        taxed=cents("base"),
        line_price=cents("line__line_price_excl_tax"),
        shipping=cents("order__shipping_excl_tax"),
    )
    wrong = Q(line__isnull=False) & ~Q(taxed=F("line_price"))
    wrong |= Q(line=None) & ~Q(taxed=F("shipping"))
    suspects = priced.filter(wrong).order_by("pk")
    for number, name, sku, taxed, price, shipping in suspects.values_list(
        "order__number", "component", "line__partner_sku", "taxed", "line_price", "shipping"
    ):
        yield run.order_breach(
            number,
            _("%(tax)s was charged on %(taxed)s of %(item)s, which costs %(price)s."),
            CHANGED,
            tax=name,
            taxed=cad(taxed),
            item=sku or _("shipping"),
            price=cad(shipping if sku is None else price),
        )


@check("tax-components", _("Every tax is its rate of the order’s total before tax, rounded once."))
def tax_components(run: CheckRun) -> Iterator[Breach]:
    """Per order and component: rate x total before tax, half a cent rounded up. In integers,
    since SQLite would round fractions."""
    components = TaxLine.objects.order_by("order_id", "component").values(
        "order__number", "component"
    )
    rate = Cast(Round(F("rate") * _RATE), BigIntegerField())
    sums = components.annotate(
        charged=Sum(cents("amount")),
        rate_units=Max(rate),
        base_cents=Max(cents("order__total_excl_tax")),
    )
    run.checked += components.distinct().count()
    due = (F("base_cents") * F("rate_units") + _RATE // 2) / _RATE
    for row in sums.annotate(due=due).exclude(charged=F("due")):
        yield run.order_breach(
            row["order__number"],
            _("%(tax)s is %(charged)s, but %(rate)s of %(base)s is %(due)s."),
            CHANGED,
            tax=row["component"],
            charged=cad(row["charged"]),
            rate=f"{row['rate_units'] / 1000:g}%",
            base=cad(row["base_cents"]),
            due=cad(row["due"]),
        )
