"""What a refund pays back, to the cent.

The total of an order is split into shares: for each line and for shipping, the price before tax
and each tax component. A refund is divided over these shares and never takes more than a share
has left. So however many refunds there are, they add up to the order total, tax included.

Tax is rounded as when it was charged (checkout/tax): each component on the whole refund first,
then divided over lines and shipping by the largest remainder.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Sum

from checkout.order.models import Line, Order
from checkout.refunds.models import AllocationType, RefundAllocation
from microflight.core.money import allocate, rounded, to_cents


class Share(NamedTuple):
    """The price before tax (no component), or one tax component, of a line or of shipping."""

    type: str
    line: int | None
    component: str


#: Cents by share.
Shares = dict[Share, int]

OTHER = Share(AllocationType.OTHER, None, "")


def _item(line: int, component: str = "") -> Share:
    return Share(AllocationType.ITEMS, line, component)


def _shipping(component: str = "") -> Share:
    return Share(AllocationType.SHIPPING, None, component)


def charged_shares(order: Order) -> Shares:
    """Return what was charged, in cents: the order without units cancelled before capture.

    Those count as the first units of their line.
    """
    shares = order_shares(order)
    uncharged = dict(order.lines.filter(uncharged__gt=0).values_list("pk", "uncharged"))
    if uncharged:
        ranges = {pk: (0, quantity) for pk, quantity in uncharged.items()}
        for share, cents in item_shares(order, ranges).items():
            shares[share] -= cents
    return shares


def order_shares(order: Order) -> Shares:
    """Return the total of the order when it was placed, in cents."""
    shares: Shares = defaultdict(int)
    for line in order.lines.order_by("pk"):
        shares[_item(line.pk)] = to_cents(line.line_price_excl_tax)
    shares[_shipping()] = to_cents(order.shipping_excl_tax)
    for row in order.tax_lines.order_by("pk"):
        share = _item(row.line_id, row.component) if row.line_id else _shipping(row.component)
        shares[share] += to_cents(row.amount)
    return dict(shares)


def refunded_shares(order: Order) -> Shares:
    """Return what refunds have paid back, in cents, without refunds that the bank returned."""
    allocations = RefundAllocation.objects.filter(
        refund__attempt__order=order, refund__failed_at=None
    )
    rows = allocations.order_by().values_list("type", "line_id", "component")
    return {
        Share(share_type, line, component): cents
        for share_type, line, component, cents in rows.annotate(Sum("cents"))
    }


def refundable_shares(order: Order) -> Shares:
    """Return what can still be refunded, in cents."""
    refunded = refunded_shares(order)
    return {
        share: max(0, cents - refunded.get(share, 0))
        for share, cents in charged_shares(order).items()
    }


def shipping_shares(shares: Shares) -> Shares:
    """Return the shares of shipping alone."""
    return {
        share: cents for share, cents in shares.items() if share.type == AllocationType.SHIPPING
    }


def item_shares(order: Order, units: Mapping[int, tuple[int, int]]) -> Shares:
    """Return the price of some units, in cents: {line: (first unit, from 0; quantity)}.

    Each unit of a line has about the same price; the prices of all units add up to the price of
    the line to the cent, however they are grouped.
    """
    quantities = dict(Line.objects.filter(pk__in=units).values_list("pk", "quantity"))
    shares: Shares = {}
    for share, cents in order_shares(order).items():
        if share.line is not None and share.line in units:
            first, count = units[share.line]
            quantity = quantities[share.line]
            before = price_of_first(first, cents, quantity)
            shares[share] = price_of_first(first + count, cents, quantity) - before
    return shares


def price_of_first(units: int, cents: int, quantity: int) -> int:
    """Return the price of the first units of a line, rounded to the cent."""
    return (2 * cents * units + quantity) // (2 * quantity)


def deduct(shares: Shares, cents: int) -> Shares:
    """Return item shares less a deduction from their price before tax, and less its tax.

    Each tax component is rounded once.
    """
    price = sum(amount for share, amount in shares.items() if not share.component)
    if not price or not cents:
        return dict(shares)
    factor = Decimal(price - min(cents, price)) / price
    reduced: Shares = {}
    for group in _by_component(shares).values():
        total = int(rounded(sum(group.values()) * factor / 100) * 100)
        reduced |= dict(zip(group, allocate(total, list(group.values())), strict=True))
    return reduced


def add_shares(*many: Shares) -> Shares:
    """Return the sum of some shares."""
    totals: Shares = defaultdict(int)
    for shares in many:
        for share, cents in shares.items():
            totals[share] += cents
    return dict(totals)


def divide_refund(cents: int, wanted: Shares, available: Shares) -> Shares:
    """Divide a refund over the wanted shares first, then over all that is available.

    The rest goes to OTHER, so that the result adds up to `cents`.
    """
    first = {share: min(wanted.get(share, 0), most) for share, most in available.items()}
    taken = _spread_by_component(min(cents, sum(first.values())), first)
    rest = {share: most - taken.get(share, 0) for share, most in available.items()}
    more = cents - sum(taken.values())
    taken = add_shares(taken, _spread_by_component(min(more, sum(rest.values())), rest))
    taken[OTHER] = cents - sum(taken.values())
    return {share: amount for share, amount in taken.items() if amount}


def _spread_by_component(total: int, weights: Shares) -> Shares:
    """Divide cents in proportion: over the components, then each over lines and shipping.

    If the total is at most the sum of the weights, no share gets more than its weight.
    """
    groups = list(_by_component(weights).values())
    if not total:
        return {}
    shares: Shares = {}
    parts = allocate(total, [sum(group.values()) for group in groups])
    for group, part in zip(groups, parts, strict=True):
        shares |= dict(zip(group, allocate(part, list(group.values())), strict=True))
    return shares


def _by_component(shares: Mapping[Share, int]) -> dict[str, Shares]:
    groups: dict[str, Shares] = defaultdict(dict)
    for share, cents in shares.items():
        groups[share.component][share] = cents
    return groups


def shares_to_json(shares: Shares) -> list[list[str | int | None]]:
    """Return shares as stored in a JSON column."""
    return [[*share, cents] for share, cents in shares.items() if cents]


def shares_from_json(rows: Iterable[list]) -> Shares:
    """Return shares from a JSON column."""
    return {
        Share(share_type, line, component): cents for share_type, line, component, cents in rows
    }
