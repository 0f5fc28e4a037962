"""What the cart page shows, gathered with a fixed number of queries."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.images import fallback_url
from catalog.models import ProductImage
from checkout.basket.models import Basket, Line
from checkout.shipping.services import Choice, choices, has_loose_battery, parcel_weight_g


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the page shows it: what was typed last stays in its field."""

    line: Line
    image: ProductImage | None
    error: str
    typed: str

    @property
    def title(self) -> str:
        """Return the name of the product; of a variant, its parent's."""
        product = self.line.product
        return str(product.parent.title if product.parent else product.title)

    @property
    def variant(self) -> str:
        """Return what a variant's name says beyond its parent's, such as `in blue`."""
        product = self.line.product
        return product.title.removeprefix(self.title).strip(" ,:") if product.parent_id else ""

    @property
    def src(self) -> str:
        """Return the address of the picture in a small size."""
        return fallback_url(self.image, 320) if self.image else ""

    @property
    def old_price(self) -> Decimal | None:
        """Return the price at which the line was put in, where it has changed since (CAD)."""
        old = self.line.price_excl_tax
        return old if old != self.line.unit_price_excl_tax else None


def rows(
    basket: Basket, errors: dict[int, str] | None = None, typed: dict[int, str] | None = None
) -> list[Row]:
    """Return the lines with pictures, and at each line why it cannot be ordered as it is."""
    lines = list(basket.all_lines())
    images = _first_images(lines)
    errors, typed = errors or {}, typed or {}
    return [
        Row(
            line,
            images.get(line.product_id) or images.get(line.product.parent_id),
            errors.get(line.pk) or line.stock_error,
            typed.get(line.pk, str(line.quantity)),
        )
        for line in lines
    ]


def cheapest_delivery(basket: Basket) -> Choice | None:
    """Return the cheapest way to send this cart within Canada; None where there is none."""
    lines = list(basket.all_lines())
    found = choices(
        country="CA", weight_g=parcel_weight_g(lines), loose_battery=has_loose_battery(lines)
    )
    return min(found, key=lambda each: each.charge, default=None)


def _first_images(lines: list[Any]) -> dict[int, ProductImage]:
    """Return the first picture of each product and of each variant's parent, in one query."""
    wanted = {line.product_id for line in lines} | {line.product.parent_id for line in lines}
    found: dict[int, ProductImage] = {}
    for image in ProductImage.objects.filter(product_id__in=wanted - {None}):
        found.setdefault(image.product_id, image)
    return found
