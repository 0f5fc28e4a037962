"""What to pack of an order now: image, location, quantity and weight of each line."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.facts import facts_of
from catalog.images import fallback_url
from catalog.models import ProductImage
from checkout.order.lines import LineProgress
from checkout.order.models import Order
from checkout.order.shipping_blocks import to_pack
from checkout.order.states import OrderState

_OPEN = (OrderState.PLACED, OrderState.PART_SHIPPED)


@dataclass(frozen=True, slots=True)
class PackedLine:
    """A line of the panel; the weight is of all its units, in grams, None if unknown."""

    progress: LineProgress
    location: str
    image_url: str
    grams: Decimal | None
    has_battery: bool


def packing(order: Order, lines: list[LineProgress]) -> dict[str, Any]:
    """Return the lines to pack now and their weight; the lines have their products and facts. One
    query."""
    shown = to_pack(order, lines) if order.status in _OPEN else []
    products = [each.line.product for each in shown if each.line.product]
    facts, images = facts_of(products), _images(products)
    rows = []
    for each in shown:
        line, product = each.line, each.line.product
        grams = product.weight_g * each.ready if product and product.weight_g else None
        location = line.stockrecord.location if line.stockrecord else ""
        image = images.get(line.product_id or 0, "")
        has_battery = bool(product and facts[product.pk].has_battery)
        rows.append(PackedLine(each, location, image, grams, has_battery))
    weights = [row.grams for row in rows]
    return {
        "packing": sorted(rows, key=lambda row: (row.location, row.progress.line.partner_sku)),
        "packed_grams": None if None in weights else sum(weights),
    }


def _images(products: list[Any]) -> dict[int, str]:
    """Return the URL of the first image of each product, or of the product of a variant."""
    wanted = {pk for each in products for pk in (each.pk, each.parent_id) if pk}
    first: dict[int, str] = {}
    if wanted:
        images = ProductImage.objects.filter(product__in=wanted)
        for image in images.order_by("display_order", "pk"):
            first.setdefault(image.product_id, fallback_url(image, 320))
    return {each.pk: first.get(each.pk) or first.get(each.parent_id, "") for each in products}
