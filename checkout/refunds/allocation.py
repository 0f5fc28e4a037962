"""What a refund consists of, to the cent.

The bill of an order is cut into shares: for each line and for delivery, the price before tax and
each component of the tax. A refund takes from these shares and never more than a share has left,
so that however many refunds there are, they add up to what the bill says, tax included.

Tax is worked out as when it was charged (checkout/tax): each component on the whole refund first,
then divided over lines and delivery, with the largest remainder.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Sum

from checkout.order.models import Line, Order
from checkout.refunds.models import PartKind, RefundPart
from microflight.core.money import allocate, rounded, to_cents


class Share(NamedTuple):
    """A row of the bill: price before tax (no component) or one tax of a line or of delivery."""

    kind: str
    line: int | None
    component: str


#: Cents by share.
Shares = dict[Share, int]

OTHER = Share(PartKind.OTHER, None, "")


def _goods(line: int, component: str = "") -> Share:
    return Share(PartKind.GOODS, line, component)


def _delivery(component: str = "") -> Share:
    return Share(PartKind.DELIVERY, None, component)


def charged(order: Order) -> Shares:
    """Return what was charged, in cents: the bill without the pieces that were cancelled before
    the payment was taken, which are the first ones of their line."""
    shares = bill(order)
    never = dict(order.lines.filter(uncharged__gt=0).values_list("pk", "uncharged"))
    if never:
        for share, cents in of_pieces(order, {pk: (0, n) for pk, n in never.items()}).items():
            shares[share] -= cents
    return shares


def bill(order: Order) -> Shares:
    """Return the whole bill in cents, as it was when the order was placed."""
    shares: Shares = defaultdict(int)
    for line in order.lines.order_by("pk"):
        shares[_goods(line.pk)] = to_cents(line.line_price_excl_tax)
    shares[_delivery()] = to_cents(order.shipping_excl_tax)
    for row in order.tax_lines.order_by("pk"):
        share = _goods(row.line_id, row.component) if row.line_id else _delivery(row.component)
        shares[share] += to_cents(row.amount)
    return dict(shares)


def given_back(order: Order) -> Shares:
    """Return what refunds have paid back of each share, in cents, and no bank has sent back."""
    arrived = RefundPart.objects.filter(movement__attempt__order=order, movement__failed_at=None)
    rows = arrived.order_by()
    sums = rows.values_list("kind", "line_id", "component").annotate(Sum("cents"))
    return {Share(kind, line, component): cents for kind, line, component, cents in sums}


def left(order: Order) -> Shares:
    """Return what can still be paid back of each share, in cents."""
    back = given_back(order)
    return {share: max(0, cents - back.get(share, 0)) for share, cents in charged(order).items()}


def of_delivery(shares: Shares) -> Shares:
    """Return the shares of delivery alone."""
    return {share: cents for share, cents in shares.items() if share.kind == PartKind.DELIVERY}


def of_pieces(order: Order, pieces: Mapping[int, tuple[int, int]]) -> Shares:
    """Return what some pieces cost: {line: (first piece from 0, how many)}, in cents.

    The pieces of a line are worth about the same each; all of them together, in whatever groups,
    are worth what the line cost to the cent.
    """
    quantities = dict(Line.objects.filter(pk__in=pieces).values_list("pk", "quantity"))
    found: Shares = {}
    for share, cents in bill(order).items():
        if share.line is not None and share.line in pieces:
            first, count = pieces[share.line]
            whole = quantities[share.line]
            found[share] = _upto(cents, first + count, whole) - _upto(cents, first, whole)
    return found


def _upto(cents: int, pieces: int, whole: int) -> int:
    """The first so many pieces of a line, rounded to the cent."""
    return (2 * cents * pieces + whole) // (2 * whole)


def less(shares: Shares, kept_cents: int) -> Shares:
    """Return shares of goods when `kept_cents` of their price before tax are kept: the tax on
    what is kept is kept as well, each component in one rounding."""
    price = sum(cents for share, cents in shares.items() if not share.component)
    if not price or not kept_cents:
        return dict(shares)
    part = Decimal(price - min(kept_cents, price)) / price
    found: Shares = {}
    for group in _by_component(shares).values():
        total = int(rounded(sum(group.values()) * part / 100) * 100)
        found |= dict(zip(group, allocate(total, list(group.values())), strict=True))
    return found


def merged(*many: Shares) -> Shares:
    """Return shares added up."""
    sums: Shares = defaultdict(int)
    for shares in many:
        for share, cents in shares.items():
            sums[share] += cents
    return dict(sums)


def divide(cents: int, wanted: Shares, available: Shares) -> Shares:
    """Divide a refund: over what it is meant for first, then over all that is left of the bill.

    What is beyond the bill goes to OTHER. The result adds up to `cents`.
    """
    first = {share: min(wanted.get(share, 0), most) for share, most in available.items()}
    taken = _spread_by_component(min(cents, sum(first.values())), first)
    rest = {share: most - taken.get(share, 0) for share, most in available.items()}
    more = cents - sum(taken.values())
    taken = merged(taken, _spread_by_component(min(more, sum(rest.values())), rest))
    taken[OTHER] = cents - sum(taken.values())
    return {share: amount for share, amount in taken.items() if amount}


def _spread_by_component(total: int, weights: Shares) -> Shares:
    """Divide cents in proportion: over the components, then each over lines and delivery.

    With a total within the sum of the weights no share gets more than its weight.
    """
    groups = list(_by_component(weights).values())
    if not total:
        return {}
    found: Shares = {}
    for group, part in zip(groups, allocate(total, [sum(g.values()) for g in groups]), strict=True):
        found |= dict(zip(group, allocate(part, list(group.values())), strict=True))
    return found


def _by_component(shares: Mapping[Share, int]) -> dict[str, Shares]:
    groups: dict[str, Shares] = defaultdict(dict)
    for share, cents in shares.items():
        groups[share.component][share] = cents
    return groups


def stored(shares: Shares) -> list[list[str | int | None]]:
    """Return shares as a JSON column keeps them."""
    return [[*share, cents] for share, cents in shares.items() if cents]


def restored(rows: Iterable[list]) -> Shares:
    """Return shares from a JSON column."""
    return {Share(kind, line, component): cents for kind, line, component, cents in rows}
