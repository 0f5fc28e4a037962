"""What lists and pages say about stock, from the same rules that the checkout applies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from catalog.partner.availability import Stock

_BEST_FIRST = ("in", "few", "backorder", "out")


@dataclass(frozen=True, slots=True)
class Availability:
    """The availability of a product or an option."""

    status: str  # in, few, backorder or out: also the CSS class
    message: str

    @property
    def short_message(self) -> str:
        """Return the message for a card, which has no room for a date."""
        return self.message.partition(",")[0]

    @property
    def can_buy(self) -> bool:
        """Tell whether it can be ordered."""
        return self.status != "out"


def sold_out() -> Availability:
    """Return what is said of something that cannot be bought."""
    return Availability("out", gettext("Sold out"))


def availability_of(
    in_stock: int | None, allocated: int | None, backorder: bool, expected_on: date | None
) -> Availability:
    """Return the availability of one stock record from its columns."""
    available = max(0, (in_stock or 0) - (allocated or 0))
    stock = Stock(available, backorder, expected_on)
    return Availability(stock.status, stock.message)


def best(found: Iterable[Availability]) -> Availability:
    """Return the best of several, e.g. of the variants of one product."""
    by_status = {one.status: one for one in reversed(list(found))}
    return next((by_status[one] for one in _BEST_FIRST if one in by_status), sold_out())


def of_variants(found: list[Availability]) -> Availability:
    """Return one availability for a product with variants, without a count."""
    one = best(found)
    if one.status == "few" and len(found) > 1:
        return Availability("few", gettext("Few left"))
    return one
