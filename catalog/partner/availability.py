"""How many pieces may be bought, in words for shoppers."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from oscar.apps.partner import availability

FEW = 5  # from here down the shop says how many are left


@dataclass
class Stock(availability.Base):
    """The free pieces of one stock record, with or without backorder."""

    free: int
    backorder: bool = False
    expected_on: date | None = None

    @classmethod
    def of(cls, stockrecord: Any) -> "Stock":
        """Return what a stock record has free."""
        free = max(0, stockrecord.net_stock_level)
        return cls(free, stockrecord.backorder, stockrecord.expected_on)

    @property
    def num_available(self) -> int:
        """Return the free pieces, the name that Oscar knows."""
        return self.free

    def is_purchase_permitted(self, quantity: int) -> tuple[bool, str]:
        """Tell whether `quantity` may be bought; if not, a sentence for the shopper."""
        if self.backorder or quantity <= self.free:
            return True, ""
        if self.free == 0:
            return False, "Sold out."
        return False, f"Only {self.free} left."

    @property
    def code(self) -> str:  # type: ignore[override]
        """Return `instock`, `few`, `backorder` or `outofstock`, for CSS classes and filters."""
        if self.free > FEW:
            return "instock"
        if self.free:
            return "few"
        return "backorder" if self.backorder else "outofstock"

    @property
    def kind(self) -> str:
        """Return the name that style sheets know: in, few, backorder, out."""
        return {"instock": "in", "outofstock": "out"}.get(self.code, self.code)

    @property
    def message(self) -> str:  # type: ignore[override]
        """Return the words that stand beside the price."""
        if self.code == "backorder" and self.expected_on:
            day = f"{self.expected_on:%B} {self.expected_on.day}, {self.expected_on.year}"
            return f"On backorder, expected {day}"
        return {
            "instock": "In stock",
            "few": f"Only {self.free} left",
            "backorder": "On backorder",
            "outofstock": "Sold out",
        }[self.code]
