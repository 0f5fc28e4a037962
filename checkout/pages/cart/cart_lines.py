"""The lines of the cart page, with images and errors."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.images import fallback_url
from catalog.models import ProductImage
from checkout.basket.models import Basket, Line
from checkout.placement.promises import LinePromise, Promises


@dataclass(frozen=True, slots=True)
class CartRow:
    """A cart line with its image, its error and the quantity as typed."""

    line: Line
    image: ProductImage | None
    error: str
    typed: str
    promise: LinePromise = LinePromise()

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


def cart_rows(
    basket: Basket,
    errors: dict[int, str] | None = None,
    typed: dict[int, str] | None = None,
    promises: Promises | None = None,
) -> list[CartRow]:
    """Return the lines with images and promised dates, and the reason if a line cannot be
    ordered."""
    lines = list(basket.all_lines())
    promised = promises.lines if promises else (LinePromise(),) * len(lines)
    images = _first_images(lines)
    errors, typed = errors or {}, typed or {}
    return [
        CartRow(
            line,
            images.get(line.product_id) or images.get(line.product.parent_id),
            errors.get(line.pk) or line.stock_error or (str(promise) if promise.is_blocked else ""),
            typed.get(line.pk, str(line.quantity)),
            promise,
        )
        for line, promise in zip(lines, promised, strict=True)
    ]


def _first_images(lines: list[Any]) -> dict[int, ProductImage]:
    """Return the first image of each product and parent, in one query."""
    ids = {line.product_id for line in lines} | {line.product.parent_id for line in lines}
    images: dict[int, ProductImage] = {}
    for image in ProductImage.objects.filter(product_id__in=ids - {None}):
        images.setdefault(image.product_id, image)
    return images
