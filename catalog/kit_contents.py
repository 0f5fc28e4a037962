"""What the product page shows of a kit: its components, and what they cost separately."""

from dataclasses import dataclass
from decimal import Decimal

from catalog.partner.kit_stock import KitPart
from catalog.read_model import product_url
from catalog.variant_urls import variant_url
from microflight.core.money import format_money


@dataclass(frozen=True, slots=True)
class KitContents:
    """The components of a kit, and its price in CAD before tax."""

    parts: tuple[KitPart, ...]
    price: Decimal | None

    @property
    def rows(self) -> tuple[tuple[int, str, str], ...]:
        """Return quantity, title and URL of each component; no URL if it is not sold separately."""
        return tuple((part.quantity, part.title, _part_url(part)) for part in self.parts)

    @property
    def separate_price(self) -> str:
        """Return the price of the components bought separately; empty unless the kit is cheaper."""
        return format_money(self._separate) if self._saved > 0 else ""

    @property
    def saving(self) -> str:
        """Return how much less the kit costs; empty if it does not."""
        return format_money(self._saved) if self._saved > 0 else ""

    @property
    def _separate(self) -> Decimal:
        """Return the sum of the separate prices, 0 if one is not sold separately."""
        prices = [(part.price, part.quantity) for part in self.parts if part.is_public]
        if len(prices) < len(self.parts) or any(price is None for price, _number in prices):
            return Decimal(0)
        return sum((price * number for price, number in prices if price), Decimal(0))

    @property
    def _saved(self) -> Decimal:
        return self._separate - self.price if self.price is not None else Decimal(0)


def _part_url(part: KitPart) -> str:
    if not part.is_public:
        return ""
    if part.parent is None:
        return product_url(part.slug, part.product)
    return variant_url(part.slug, part.parent, part.sku, part.product)
