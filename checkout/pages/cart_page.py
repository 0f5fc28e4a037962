"""The context of the cart page, read in a fixed number of queries."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.images import fallback_url
from catalog.models import ProductImage
from checkout.basket.models import Basket, Line
from checkout.shipping.services import AvailableMethod, available_methods, pack


@dataclass(frozen=True, slots=True)
class Row:
    """A cart line with its image, its error and the quantity as typed."""

    line: Line
    image: ProductImage | None
    error: str
    typed: str

    @property
    def title(self) -> str:
        """Return the product's title; for a variant, its parent's."""
        product = self.line.product
        return str(product.parent.title if product.parent else product.title)

    @property
    def variant(self) -> str:
        """Return the part of a variant's title that its parent's lacks, such as `in blue`."""
        product = self.line.product
        return product.title.removeprefix(self.title).strip(" ,:") if product.parent_id else ""

    @property
    def field(self) -> str:
        """Return the name of the quantity field."""
        return f"quantity-{self.line.pk}"

    @property
    def error_id(self) -> str:
        """Return the HTML id of the error, or an empty string."""
        return f"error-{self.line.pk}" if self.error else ""

    @property
    def src(self) -> str:
        """Return the URL of the image in a small size."""
        return fallback_url(self.image, 320) if self.image else ""

    @property
    def old_price(self) -> Decimal | None:
        """Return the unit price when the line was added (CAD), or None if it is unchanged."""
        old = self.line.price_excl_tax
        return old if old != self.line.unit_price_excl_tax else None


def rows(
    basket: Basket, errors: dict[int, str] | None = None, typed: dict[int, str] | None = None
) -> list[Row]:
    """Return the lines with images, and the reason if a line cannot be ordered."""
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


def cheapest_shipping(basket: Basket) -> AvailableMethod | None:
    """Return the cheapest shipping method within Canada for this cart, or None."""
    methods = available_methods(pack(basket.all_lines()), country="CA")
    return min(methods, key=lambda each: each.charge, default=None)


def _first_images(lines: list[Any]) -> dict[int, ProductImage]:
    """Return the first image of each product and parent, in one query."""
    wanted = {line.product_id for line in lines} | {line.product.parent_id for line in lines}
    found: dict[int, ProductImage] = {}
    for image in ProductImage.objects.filter(product_id__in=wanted - {None}):
        found.setdefault(image.product_id, image)
    return found
