"""What lists and pages say about stock, made from the same rule that the till obeys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from catalog.partner.availability import Stock

# Oscar's codes to the names that style sheets use, from best to worst.
_KINDS = {"instock": "in", "few": "few", "backorder": "backorder", "outofstock": "out"}
_BEST_FIRST = list(_KINDS.values())


@dataclass(frozen=True, slots=True)
class Availability:
    """The state of stock in one word for style sheets and in words for people."""

    kind: str  # in, few, backorder or out
    words: str

    @property
    def brief(self) -> str:
        """Return the words for a card, where a date would not fit."""
        return self.words.partition(",")[0]

    @property
    def can_buy(self) -> bool:
        """Tell whether the shop takes an order for it."""
        return self.kind != "out"


SOLD_OUT = Availability("out", "Sold out")


def judge(
    in_stock: int | None, allocated: int | None, backorder: bool, expected_on: date | None
) -> Availability:
    """Return the state of one stock record from its columns."""
    free = max(0, (in_stock or 0) - (allocated or 0))
    stock = Stock(free, backorder, expected_on)
    return Availability(_KINDS[stock.code], stock.message)


def best(found: Iterable[Availability]) -> Availability:
    """Return the best of several, e.g. of the variants of one product."""
    return min(found, key=lambda one: _BEST_FIRST.index(one.kind), default=SOLD_OUT)


def of_variants(found: list[Availability]) -> Availability:
    """Return one state for a product with variants; counts belong to single variants."""
    one = best(found)
    return Availability("few", "Few left") if one.kind == "few" and len(found) > 1 else one
