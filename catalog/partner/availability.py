"""Availability: how many units can be bought, and what pages say about it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from oscar.apps.partner import availability

FEW = 5  # at or below it, pages show how many are left


@dataclass(frozen=True, slots=True)
class Availability:
    """What pages say about stock. Equal values read the same, whatever the exact stock level."""

    status: str  # in, few, backorder, out or discontinued: also the CSS class
    left: int | None = None  # units, if few are left of one product
    expected_on: date | None = None  # on backorder
    tracked: bool = True  # if not, it is available whatever is on hand

    @property
    def can_buy(self) -> bool:
        """Tell whether it can be ordered."""
        return self.status not in ("out", "discontinued")

    @property
    def message(self) -> str:
        """Return the message next to the price."""
        if self.status == "in":
            return gettext("In stock") if self.tracked else gettext("Available")
        if self.status == "out":
            return gettext("Sold out")
        if self.status == "discontinued":
            return gettext("Discontinued")
        if self.status == "backorder":
            if not self.expected_on:
                return gettext("On backorder")
            day = date_format(self.expected_on, "F j, Y")
            return gettext("On backorder, expected %(date)s") % {"date": day}
        if self.left is None:
            return gettext("Few left")
        return ngettext("Only %(count)s left", "Only %(count)s left", self.left) % {
            "count": self.left
        }

    @property
    def short_message(self) -> str:
        """Return the message for a card, which is too small for a date."""
        return gettext("On backorder") if self.status == "backorder" else self.message


SOLD_OUT = Availability("out")
DISCONTINUED = Availability("discontinued")


def best_of(found: list[Availability]) -> Availability:
    """Return the availability of a product from its variants', without a count."""
    by_status = {one.status: one for one in reversed(found)}
    order = ("in", "few", "backorder", "discontinued")
    best = next((by_status[status] for status in order if status in by_status), SOLD_OUT)
    return Availability("few") if best.status == "few" and len(found) > 1 else best


@dataclass(frozen=True)
class Stock(availability.Base):
    """Oscar's availability policy: the available units of a stock record, and backorder.

    If the stock is not tracked, any quantity can be bought. `limit`: the most units with
    backorder, if some components of a kit do not allow it.
    """

    available: int
    backorder: bool = False
    expected_on: date | None = None
    tracked: bool = True
    limit: int | None = None
    discontinued: bool = False

    @classmethod
    def of(cls, stockrecord: Any, product: Any) -> "Stock":
        """Return the policy of a stock record and its product; of a kit, that of its components."""
        if product.is_discontinued:
            return cls(0, discontinued=True)
        return cls._on_hand(stockrecord, product)

    @classmethod
    def _on_hand(cls, stockrecord: Any, product: Any) -> "Stock":
        if product.is_kit:
            return cls.of_kit(
                [
                    (cls._on_hand(each.stockrecord, each.component), each.quantity)
                    for each in product.components
                ]
            )
        if stockrecord is None:
            return cls(0)
        return cls(
            available=max(0, stockrecord.net_stock_level),
            backorder=stockrecord.backorder,
            expected_on=stockrecord.expected_on,
            tracked=product.tracks_stock,
        )

    @classmethod
    def of_kit(cls, components: list[tuple["Stock", int]]) -> "Stock":
        """Return the policy of a kit with these components: (stock, quantity in one kit).

        The scarcest component limits it. Without components it is sold out.
        """
        tracked = [(stock, quantity) for stock, quantity in components if stock.tracked]
        if not tracked:
            return cls(0, tracked=not components)
        available = min(stock.available // quantity for stock, quantity in tracked)
        limits = [stock.available // number for stock, number in tracked if not stock.backorder]
        limit = min(limits, default=None)
        days = [stock.expected_on for stock, number in tracked if stock.available < number]
        known = [day for day in days if day]
        return cls(
            available,
            backorder=limit is None or limit > available,
            expected_on=max(known) if known and len(known) == len(days) else None,
            limit=limit,
        )

    @property
    def num_available(self) -> int:
        """Return the available units, under the name that Oscar uses."""
        return self.available

    def is_purchase_permitted(self, quantity: int) -> tuple[bool, str]:
        """Tell whether `quantity` can be bought; if not, a message for the customer."""
        if self.discontinued:
            return False, gettext("Discontinued.")
        if not self.tracked or quantity <= self.available:
            return True, ""
        if self.backorder and (self.limit is None or quantity <= self.limit):
            return True, ""
        left = self.limit if self.backorder else self.available
        if not left:
            return False, gettext("Sold out.")
        return False, gettext("Only %(count)s left.") % {"count": left}

    @property
    def shown(self) -> Availability:
        """Return what pages say."""
        if self.discontinued:
            return DISCONTINUED
        if not self.tracked:
            return Availability("in", tracked=False)
        if self.available > FEW:
            return Availability("in")
        if self.available:
            return Availability("few", self.available)
        return Availability("backorder", None, self.expected_on) if self.backorder else SOLD_OUT

    @property
    def status(self) -> str:
        """Return the CSS class: in, few, backorder or out."""
        return self.shown.status

    @property
    def message(self) -> str:  # type: ignore[override]
        """Return the message next to the price."""
        return self.shown.message
