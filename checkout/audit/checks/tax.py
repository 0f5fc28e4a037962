"""Totals and taxes of orders, to the cent."""

from collections.abc import Iterator

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Round
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.audit.checks.base import Breach, CheckRun, cad, cents, check, one_number, total
from checkout.order.models import Line, Order
from checkout.payment.models import PaymentAttempt
from checkout.tax.models import TaxLine

#: Rates have five decimals.
_RATE = 100_000
DIFFERS = _(
    "Compare it with its confirmation email: the amounts differed from the start, or one was "
    "changed after the order was placed."
)
TOTAL_CHANGED = _(
    "The total was changed after the order was placed: its payment is for the sum of its parts."
)

_PAYMENT = Subquery(PaymentAttempt.objects.filter(order=OuterRef("pk")).values("amount_cents")[:1])
_TAXES = TaxLine.objects.annotate(tax_cents=cents("amount"))


@check("order-totals", _("Every order’s total is the sum of lines, shipping and taxes."))
def order_totals(run: CheckRun) -> Iterator[Breach]:
    """Lines and shipping are the total before tax; with all tax lines they are the total."""
    orders = run.count(Order.objects.all())
    nets = Line.objects.annotate(net=cents("line_price_excl_tax"))
    suspects = (
        orders.annotate(
            before_tax=cents("total_excl_tax"),
            total=cents("total_incl_tax"),
            items=total(nets, "net", by="order_id"),
            shipping=cents("shipping_excl_tax"),
            taxes=total(_TAXES, "tax_cents", by="order_id"),
            payment=_PAYMENT,
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
    names = ("before_tax", "total", "items", "shipping", "taxes", "sum")
    for number, payment, *sums in suspects.values_list("number", "payment", *names[:-1]):
        action = TOTAL_CHANGED if payment == sum(sums[2:]) else DIFFERS
        amounts = dict(zip(names, map(cad, [*sums, sum(sums[2:])]), strict=True))
        yield run.order_breach(number, problem, action, **amounts)


@check("line-taxes", _("The tax lines of every line and of shipping add up to its tax."))
def line_taxes(run: CheckRun) -> Iterator[Breach]:
    """The tax of a line is its price with tax less its price before tax."""
    lines, orders = Line.objects.all(), Order.objects.all()
    run.count(lines)
    run.count(orders)
    problem = _("%(item)s has %(tax)s of tax, but its tax lines add up to %(taxes)s.")
    columns = {"tax": "tax_cents", "taxes": "taxes_cents"}
    of_lines = lines.annotate(
        tax_cents=cents("line_price_incl_tax") - cents("line_price_excl_tax"),
        taxes_cents=total(_TAXES, "tax_cents", by="line_id"),
    ).exclude(tax_cents=F("taxes_cents"))
    yield from run.breaches(
        of_lines, problem, DIFFERS, number="order__number", item="partner_sku", **columns
    )
    # filtered in the sum, since SQLite would read the tax lines of all orders for each order
    on_shipping = Sum("tax_cents", filter=Q(line=None), default=0)
    of_shipping = orders.annotate(
        item=Value(gettext("Shipping")),
        tax_cents=cents("shipping_incl_tax") - cents("shipping_excl_tax"),
        taxes_cents=one_number(_TAXES, on_shipping, by="order_id"),
    ).exclude(tax_cents=F("taxes_cents"))
    yield from run.breaches(of_shipping, problem, DIFFERS, **columns)


@check("tax-bases", _("Every tax line is calculated on the price of its line."))
def tax_bases(run: CheckRun) -> Iterator[Breach]:
    """The taxed amount is the price of the line, or of shipping, before tax."""
    taxes = run.count(TaxLine.objects.all())
    problem = _("%(tax)s was charged on %(taxed)s of %(item)s, which costs %(price)s.")
    columns = {"number": "order__number", "tax": "component"}
    columns |= {"taxed": "taxed_cents", "price": "price_cents"}
    priced = taxes.annotate(taxed_cents=cents("base"))
    of_lines = priced.filter(line__isnull=False).annotate(
        price_cents=cents("line__line_price_excl_tax")
    )
    wrong = of_lines.exclude(taxed_cents=F("price_cents"))
    yield from run.breaches(wrong, problem, DIFFERS, item="line__partner_sku", **columns)
    of_shipping = priced.filter(line=None).annotate(
        price_cents=cents("order__shipping_excl_tax"), item=Value(gettext("shipping"))
    )
    wrong = of_shipping.exclude(taxed_cents=F("price_cents"))
    yield from run.breaches(wrong, problem, DIFFERS, **columns)


_BEFORE_TAX = Max(cents("order__total_excl_tax"))
_TAXED_TOTAL = Case(
    When(on_shipping=0, then=_BEFORE_TAX - Max(cents("order__shipping_excl_tax"))),
    default=_BEFORE_TAX,
    output_field=BigIntegerField(),
)


@check("tax-components", _("Every tax is its rate of the order’s total before tax, rounded once."))
def tax_components(run: CheckRun) -> Iterator[Breach]:
    """Per order and component: rate x total before tax, half a cent rounded up; without shipping
    if it has no such tax line. In integers, since SQLite would round fractions."""
    components = TaxLine.objects.order_by("order_id", "component").values(
        "order__number", "component"
    )
    sums = components.annotate(
        charged=Sum(cents("amount")),
        rate_units=Max(Cast(Round(F("rate") * _RATE), BigIntegerField())),
        on_shipping=Count("pk", filter=Q(line=None)),
        base_cents=_TAXED_TOTAL,
    )
    run.checked += components.distinct().count()
    due = (F("base_cents") * F("rate_units") + _RATE // 2) / _RATE
    for row in sums.annotate(due=due).exclude(charged=F("due")):
        yield run.order_breach(
            row["order__number"],
            _("%(tax)s is %(charged)s, but %(rate)s of %(base)s is %(due)s."),
            DIFFERS,
            tax=row["component"],
            charged=cad(row["charged"]),
            rate=f"{row['rate_units'] / 1000:g}%",
            base=cad(row["base_cents"]),
            due=cad(row["due"]),
        )
