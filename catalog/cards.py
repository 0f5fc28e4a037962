"""Product cards: all that a list of products shows, in three statements for any number of them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from django.db.models import Q, QuerySet
from django.urls import reverse

from catalog import pictures
from catalog.availability import SOLD_OUT, Availability, judge, of_variants
from catalog.models import Product, ProductImage
from catalog.partner.models import StockRecord
from catalog.words import cad, weight_parts


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready for an `img`: address, size in pixels, words."""

    src: str
    width: int
    height: int
    alt: str
    original: str  # address at full size
    sources: tuple[tuple[str, str], ...]  # media type and srcset of smaller formats, best first


@dataclass(frozen=True, slots=True)
class Offer:
    """One stock record as pages need it. The price is in CAD before tax."""

    product: int
    parent: int | None
    sku: str
    price: Decimal | None
    stock: Availability


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list, in words ready to print."""

    pk: int
    title: str
    url: str
    weight: str
    weight_unit: str
    price: str  # empty where nothing of it has a price
    has_variants: bool  # then weight and price are the least, shown with "from"
    price_varies: bool
    stock: Availability
    picture: Picture | None


_STOCK = (
    "product_id", "product__parent_id", "partner_sku", "price",
    "num_in_stock", "num_allocated", "backorder", "expected_on",
)  # fmt: skip


def offers_of(products: Iterable[int]) -> dict[int, list[Offer]]:
    """Return what is on sale of these products and their public variants, by product.

    A variant's offer stands under its parent. One statement.
    """
    wanted = list(products)
    sold = Product.objects.filter(Q(pk__in=wanted) | Q(parent_id__in=wanted), is_public=True)
    rows = StockRecord.objects.filter(product__in=sold).order_by("price", "pk")
    found: dict[int, list[Offer]] = defaultdict(list)
    for product, parent, sku, price, *stock in rows.values_list(*_STOCK):
        state = judge(*stock) if price is not None else SOLD_OUT
        found[parent or product].append(Offer(product, parent, sku, price, state))
    return found


Images = dict[int, list[tuple[str, int, int, str]]]  # by product: name, width, height, caption


def pictures_of(products: Iterable[int]) -> Images:
    """Return the pictures of these products in the order staff gave them. One statement."""
    rows = ProductImage.objects.filter(product_id__in=list(products)).order_by("display_order")
    found: Images = defaultdict(list)
    for product, *image in rows.values_list("product_id", "original", "width", "height", "caption"):
        found[product].append(tuple(image))
    return found


Row = tuple[int, str, str, str, Decimal]
ROW = ("pk", "title", "slug", "structure", "weight_g")


def cards(rows: "QuerySet | Iterable[Row]") -> list[Card]:
    """Return the cards of products given as their ROW columns, in the same order."""
    rows = list(rows)
    if not rows:
        return []
    wanted = [row[0] for row in rows]
    offers, images = offers_of(wanted), pictures_of(wanted)
    return [make_card(row, offers.get(row[0], []), images.get(row[0], [])) for row in rows]


def make_card(row: Row, offers: list[Offer], images: list[tuple[str, int, int, str]]) -> Card:
    """Put one card together from what was read for many."""
    pk, title, slug, structure, weight = row
    number, unit = weight_parts(weight)
    prices = sorted({offer.price for offer in offers if offer.price is not None})
    return Card(
        pk=pk,
        title=title,
        url=_address() % (slug, pk),
        weight=number,
        weight_unit=unit,
        price=cad(prices[0]) if prices else "",
        has_variants=structure == Product.PARENT,
        price_varies=len(prices) > 1,
        stock=of_variants([offer.stock for offer in offers]),
        picture=picture_of(*images[0], title) if images else None,
    )


@cache
def _address() -> str:
    """The pattern of product addresses: looking the view up for each card takes longer."""
    address = reverse("catalogue:detail", kwargs={"product_slug": "SLUG", "pk": 0})
    return address.replace("%", "%%").replace("SLUG_0", "%s_%d")


@lru_cache(maxsize=8_192)
def picture_of(name: str, width: int, height: int, caption: str, title: str) -> Picture:
    """Return an image in the form that templates print; its caption, or the title, as its words."""
    image = ProductImage(original=name, width=width, height=height)
    return Picture(
        src=pictures.fallback_url(image),
        width=width or 800,
        height=height or 600,
        alt=caption or title,
        original=image.original.url,
        sources=tuple(pictures.sources(image)),
    )
