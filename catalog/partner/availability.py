"""Oscar's availability policy for our stock records: how many units can be bought."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from oscar.apps.partner import availability

FEW = 5  # from here down the shop says how many are left


@dataclass
class Stock(availability.Base):
    """The available units of one stock record, with or without backorder."""

    available: int
    backorder: bool = False
    expected_on: date | None = None

    @classmethod
    def of(cls, stockrecord: Any) -> "Stock":
        """Return the availability of a stock record."""
        available = max(0, stockrecord.net_stock_level)
        return cls(available, stockrecord.backorder, stockrecord.expected_on)

    @property
    def num_available(self) -> int:
        """Return the available units, under the name that Oscar uses."""
        return self.available

    def is_purchase_permitted(self, quantity: int) -> tuple[bool, str]:
        """Tell whether `quantity` can be bought; if not, a message for the customer."""
        if self.backorder or quantity <= self.available:
            return True, ""
        if self.available == 0:
            return False, gettext("Sold out.")
        return False, gettext("Only %(count)s left.") % {"count": self.available}

    @property
    def code(self) -> str:  # type: ignore[override]
        """Return Oscar's code: `instock`, `few` (ours), `backorder` or `outofstock`."""
        if self.available > FEW:
            return "instock"
        if self.available:
            return "few"
        return "backorder" if self.backorder else "outofstock"

    @property
    def status(self) -> str:
        """Return the CSS class: in, few, backorder or out."""
        return {"instock": "in", "outofstock": "out"}.get(self.code, self.code)

    @property
    def message(self) -> str:  # type: ignore[override]
        """Return the message next to the price."""
        if self.code == "instock":
            return gettext("In stock")
        if self.code == "few":
            left = ngettext("Only %(count)s left", "Only %(count)s left", self.available)
            return left % {"count": self.available}
        if self.code == "outofstock":
            return gettext("Sold out")
        if self.expected_on:
            day = date_format(self.expected_on, "F j, Y")
            return gettext("On backorder, expected %(date)s") % {"date": day}
        return gettext("On backorder")
