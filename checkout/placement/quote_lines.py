"""The lines of a quote, and their parts: a product, or the components of a kit."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from catalog.kits.inheritance import price_shares
from checkout.placement.promises import LinePromise
from microflight.core.money import allocate, from_cents, to_cents

T = TypeVar("T")
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class QuotePart:
    """Units of a product with their price in CAD before tax: before discounts, and after them."""

    product: Any
    stockrecord: Any
    quantity: int
    amount: Decimal
    net: Decimal
    unit: Decimal | None = None  # None for the component of a kit

    @property
    def title(self) -> str:
        return str(self.product.get_title())

    @property
    def sku(self) -> str:
        return str(self.stockrecord.partner_sku)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A cart line, in CAD before tax: `amount` is `unit` x `quantity`, `net` is after discounts.

    `reference` is unique in the cart; the SKU is not: another supplier may have the same, and a
    product may be there with different options.
    """

    reference: str
    title: str
    options: str
    sku: str
    quantity: int
    unit: Decimal
    amount: Decimal
    net: Decimal
    promise: LinePromise = LinePromise()
    parts: tuple[QuotePart, ...] = field(default=(), compare=False, repr=False)
    is_kit: bool = False

    @property
    def contents(self) -> tuple[tuple[int, str], ...]:
        """Return quantity and title of each component of a kit; nothing for other products."""
        return tuple((part.quantity, part.title) for part in self.parts if self.is_kit)

    @property
    def adds_up(self) -> bool:
        """Return whether no amount is negative, and the parts add up to the line."""
        return (
            all(0 <= part.net <= part.amount for part in self.parts)
            and sum((part.net for part in self.parts), ZERO) == self.net
            and sum((part.amount for part in self.parts), ZERO) == self.amount
        )


def parts_of(line: Any, unit: Decimal, amount: Decimal, net: Decimal) -> tuple[QuotePart, ...]:
    """Return the parts of a priced cart line: one, or the components of a kit.

    Its price is divided in proportion to their separate prices, to the cent, and so is the price
    after discounts. No part costs more after discounts than before.
    """
    product = line.product
    if not product.is_kit:
        return (QuotePart(product, line.stockrecord, line.quantity, amount, net, unit),)
    components = product.components
    amounts = price_shares(to_cents(amount), components)
    nets = allocate(to_cents(net), amounts)
    return tuple(
        QuotePart(
            each.component,
            each.stockrecord,
            each.quantity * line.quantity,
            from_cents(before),
            from_cents(after),
        )
        for each, before, after in zip(components, amounts, nets, strict=True)
    )


def grouped(rows: Iterable[T], counts: Iterable[int]) -> Iterator[Sequence[T]]:
    """Yield the next rows in groups of these sizes."""
    following = iter(rows)
    for count in counts:
        yield list(islice(following, count))


def split(total: Decimal, left: list[int]) -> list[Decimal]:
    """Divide an amount over rows with so many cents left each, and subtract the shares there."""
    shares = allocate(to_cents(total), left)
    left[:] = [cents - share for cents, share in zip(left, shares, strict=True)]
    return [from_cents(share) for share in shares]
