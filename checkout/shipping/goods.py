"""What is in a parcel: products of a cart, and the components of its kits."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.kits.inheritance import price_shares
from microflight.core.money import from_cents, rounded, to_cents


@dataclass(frozen=True, slots=True)
class Goods:
    """Units of a product; `price` is that of one unit in CAD before tax, not rounded in a kit."""

    reference: str
    title: str
    product: Any
    quantity: int
    price: Decimal


def goods_of(line: Any) -> list[Goods]:
    """Return what a priced line of a cart consists of: itself, or the components of a kit."""
    product, price = line.product, line.unit_price_excl_tax
    title = product.get_title()
    if not product.is_kit:
        return [Goods(line.line_reference, title, product, line.quantity, price)]
    components = product.components
    shares = price_shares(to_cents(rounded(price)), components)
    return [
        Goods(
            reference=f"{line.line_reference}-{each.component_id}",
            title=f"{title}: {each.component.get_title()}",
            product=each.component,
            quantity=each.quantity * line.quantity,
            price=from_cents(share) / each.quantity,
        )
        for each, share in zip(components, shares, strict=True)
    ]
