"""Product cards: what a list of products shows, with two queries for any number of products."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from django.db.models import QuerySet
from django.urls import reverse

from catalog import queries
from catalog.availability import Availability, availability_of, of_variants, sold_out
from catalog.images import fallback_url, sources, srcset
from catalog.models import Product, ProductImage
from microflight.core.money import format_money
from microflight.core.units import split_weight

CARD_WIDTH = 640  # pixels: a card is at most 320 wide, and screens show two or three pixels for one


@dataclass(frozen=True, slots=True)
class Picture:
    """An image ready for an `img` element: URL, size in pixels, alternative text."""

    src: str
    width: int
    height: int
    alt: str
    original: str  # URL at full size
    sources: tuple[tuple[str, str], ...]  # media type and srcset of smaller formats, best first
    small: str  # srcset in AVIF for a card; empty where there are no copies


@dataclass(frozen=True, slots=True)
class Offer:
    """One stock record as pages show it. The price is in CAD before tax."""

    product: int
    parent: int | None
    sku: str
    price: Decimal | None
    stock: Availability


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list, ready to show."""

    pk: int
    title: str
    url: str
    weight: str
    weight_unit: str
    price: str  # empty where nothing of it has a price
    has_variants: bool  # then weight and price are the lowest, shown with "from"
    price_varies: bool
    stock: Availability
    picture: Picture | None


def offers_of(products: Iterable[int]) -> dict[int, list[Offer]]:
    """Return the offers of these products and their public variants, by product.

    A variant's offer is listed under its parent. One query.
    """
    found: dict[int, list[Offer]] = defaultdict(list)
    for one in queries.offers(list(products)):
        found[one.parent or one.product].append(offer_of(one))
    return found


def offer_of(one: queries.Stocked) -> Offer:
    """Return the offer of a stock record; without a price it cannot be bought."""
    stock = availability_of(one.in_stock, one.allocated, one.backorder, one.expected_on)
    state = stock if one.price is not None else sold_out()
    return Offer(one.product, one.parent, one.sku, one.price, state)


Images = dict[int, list[queries.ImageRow]]  # by product


def images_of(products: Iterable[int]) -> Images:
    """Return the images of these products in display order. One query."""
    found: Images = defaultdict(list)
    for product, image in queries.images(list(products)):
        found[product].append(image)
    return found


ROW = queries.Listed._fields  # for `values_list` of products


def cards(listed: "QuerySet | Iterable[tuple]") -> list[Card]:
    """Return the cards of products given as their ROW columns, in the same order."""
    products = [queries.Listed(*row) for row in listed]
    wanted = [product.pk for product in products]
    offers, images = offers_of(wanted), images_of(wanted)
    return [make_card(one, offers.get(one.pk, []), images) for one in products]


def cards_of(shown: Iterable[queries.Shown], images: Images) -> tuple[Card, ...]:
    """Return the cards of products that were read with their stock."""
    return tuple(
        make_card(one.product, [offer_of(stock) for stock in one.stocked], images) for one in shown
    )


def make_card(product: queries.Listed, offers: list[Offer], images: Images) -> Card:
    """Return the card of one product."""
    number, unit = split_weight(product.weight_g)
    image = images.get(product.pk)
    prices = sorted({offer.price for offer in offers if offer.price is not None})
    return Card(
        pk=product.pk,
        title=product.title,
        url=product_url(product.slug, product.pk),
        weight=number,
        weight_unit=unit,
        price=format_money(prices[0]) if prices else "",
        has_variants=product.structure == Product.PARENT,
        price_varies=len(prices) > 1,
        stock=of_variants([offer.stock for offer in offers]),
        picture=picture_of(*image[0], product.title) if image else None,
    )


def product_url(slug: str, pk: int) -> str:
    """Return the path of a product page."""
    return _url_pattern() % (slug, pk)


@cache
def _url_pattern() -> str:
    """Return the pattern of product URLs: `reverse` for each card would take longer."""
    pattern = reverse("catalogue:detail", kwargs={"product_slug": "SLUG", "pk": 0})
    return pattern.replace("%", "%%").replace("SLUG_0", "%s_%d")


@lru_cache(maxsize=8_192)
def picture_of(name: str, width: int, height: int, caption: str, title: str) -> Picture:
    """Return an image ready for a template; its caption, or the title, is its alternative text."""
    image = ProductImage(original=name, width=width, height=height)
    return Picture(
        src=fallback_url(image),
        width=width or 800,
        height=height or 600,
        alt=caption or title,
        original=image.original.url,
        sources=tuple(sources(image)),
        small=srcset(image, "avif", at_most=CARD_WIDTH) if width else "",
    )
