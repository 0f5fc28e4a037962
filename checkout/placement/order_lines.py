"""The lines of an order, written from a quote."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from checkout.basket.models import Basket
from checkout.order.models import (
    Line,
    LineAttribute,
    Order,
    OrderDiscount,
    OrderKit,
    OrderLineDiscount,
)
from checkout.placement.quote import Quote
from checkout.placement.quote_lines import ZERO, QuoteLine, QuotePart, grouped, split
from checkout.tax.models import OrderExemption, TaxLine
from checkout.tax.services import Supply, Tax
from microflight.core.money import rounded, to_cents


def write_lines(order: Order, basket: Basket, quote: Quote) -> list[Line]:
    """Create the lines, in the sequence of the cart, a line for each component of a kit, and the
    tax on each line and on shipping."""
    taxes = [
        sum((tax.shares[index] for tax in quote.taxes), ZERO) for index in range(len(quote.parts))
    ]
    rates = [tax.rate for tax in quote.taxes]
    kits = write_kits(order, basket, quote)
    rows = [(line, part) for line in quote.lines for part in line.parts]
    lines = Line.objects.bulk_create(
        _line(order, *row, tax, rates, kits.get(row[0].reference))
        for row, tax in zip(rows, taxes, strict=True)
    )
    bases = [*(part.net for part in quote.parts), quote.shipping.amount or ZERO]
    write_taxes(order, lines, bases, quote.taxes, quote.supply)
    return lines


def write_taxes(
    order: Order,
    lines: Sequence[Line],
    bases: Sequence[Decimal],
    taxes: Sequence[Tax],
    supply: Supply,
) -> None:
    """Create the tax on each line and on shipping (the last base), and the exemptions."""
    TaxLine.objects.bulk_create(_tax_lines(order, lines, bases, taxes))
    OrderExemption.objects.bulk_create(_exemptions(order, supply))


def write_kits(order: Order, basket: Basket, quote: Quote) -> dict[str, OrderKit]:
    """Create the kits of an order, by the reference of their line in the cart. No query without."""
    products = {line.line_reference: line.product for line in basket.all_lines()}
    kits = {
        line.reference: OrderKit(
            order=order,
            product=products[line.reference],
            title=line.title[:255],
            sku=line.sku,
            quantity=line.quantity,
            unit_price_excl_tax=line.unit,
        )
        for line in quote.lines
        if line.is_kit
    }
    OrderKit.objects.bulk_create(kits.values())
    return kits


def write_line_details(
    lines: Sequence[Line], basket: Basket, quote: Quote, discounts: Sequence[OrderDiscount]
) -> list[OrderLineDiscount]:
    """Create the options of each line, and its share of each discount; return the shares."""
    by_offer = {each.offer_id: each for each in discounts}
    options: list[LineAttribute] = []
    shares: list[OrderLineDiscount] = []
    groups = grouped(lines, (len(line.parts) for line in quote.lines))
    for group, basket_line in zip(groups, basket.all_lines(), strict=True):
        if basket_line.has_options:
            for each in basket_line.attributes.all():
                facts = {"type": each.option.code, "value": each.value}
                options.append(LineAttribute(line=group[0], option=each.option, **facts))
        amounts: dict[int, Decimal] = defaultdict(Decimal)
        for share in basket_line.discounts:
            if share.offer is not None:
                amounts[share.offer.pk] += share.amount
        left = [to_cents(line.discount_excl_tax) for line in group]
        shares += [
            OrderLineDiscount(
                line=line, order_discount=by_offer[pk], is_incl_tax=False, amount=part
            )
            for pk, amount in amounts.items()
            for line, part in zip(group, split(amount, left), strict=True)
            if part
        ]
    LineAttribute.objects.bulk_create(options)
    return OrderLineDiscount.objects.bulk_create(shares)


def _line(
    order: Order,
    quoted: QuoteLine,
    part: QuotePart,
    tax: Decimal,
    rates: Sequence[Decimal],
    kit: OrderKit | None,
) -> Line:
    """Return an order line. It has no unit price with tax: tax is calculated on the whole order."""
    product, record = part.product, part.stockrecord
    return Line(
        order=order,
        kit=kit,
        partner_id=record.partner_id,
        partner_name=record.partner.name,
        partner_sku=part.sku,
        stockrecord_id=record.pk,
        product=product,
        title=part.title,
        upc=product.upc,
        quantity=part.quantity,
        **_prices(part, tax, rates),
        num_allocated=part.quantity if product.tracks_stock else 0,
        stock_tracked=product.tracks_stock,
        requires_shipping=product.is_shipping_required,
        held=quoted.promise.is_held,
        **quoted.promise.columns,
    )


def _prices(part: QuotePart, tax: Decimal, rates: Sequence[Decimal]) -> dict[str, Any]:
    return {
        "unit_price_excl_tax": part.unit,
        "line_price_before_discounts_excl_tax": part.amount,
        "line_price_before_discounts_incl_tax": part.amount
        + tax_before_discounts(part.amount, part.net, tax, rates),
        "line_price_excl_tax": part.net,
        "line_price_incl_tax": part.net + tax,
    }


def tax_before_discounts(
    amount: Decimal, net: Decimal, tax: Decimal, rates: Sequence[Decimal]
) -> Decimal:
    """Return the tax of a line if it had no discount; without one, the tax that is charged.

    The tax that is charged is a share of that of the whole order, so it may be a cent more than
    that of the line alone; the tax of the discount is never negative.
    """
    if amount == net:
        return tax
    return max(tax, sum((rounded(amount * rate) for rate in rates), ZERO))


def _tax_lines(
    order: Order, lines: Sequence[Line], bases: Sequence[Decimal], taxes: Sequence[Tax]
) -> list[TaxLine]:
    return [
        TaxLine(
            order=order,
            line=line,
            component=tax.name,
            province=tax.province,
            rate=tax.rate,
            base=base,
            amount=share,
            registration=tax.registration,
        )
        for tax in taxes
        for line, base, share in zip([*lines, None], bases, tax.shares, strict=True)
        if line or tax.on_shipping
    ]


def _exemptions(order: Order, supply: Supply) -> list[OrderExemption]:
    return [
        OrderExemption(
            order=order,
            component=rate.component,
            province=rate.province,
            rate=rate.rate,
            certificate=rate.certificate,
        )
        for rate in supply.exempt
    ]
