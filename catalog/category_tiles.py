"""The categories on the home page, each with an image of a product in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Min
from django.http import HttpRequest

from catalog import tree
from catalog.cards import Card
from catalog.images import Picture
from catalog.models import Product, ProductCategory
from microflight.core.page_cache import process_cached


@dataclass(frozen=True, slots=True)
class Tile:
    """A category with the picture of its first product, or None while it has no product."""

    name: str
    url: str
    picture: Picture | None
    children: "tuple[Tile, ...]" = ()


def first_products(request: HttpRequest) -> dict[int, int]:
    """Return the ID of the oldest product with an image in each category, by the category's ID.

    One query, cached in the process.
    """
    return process_cached(request, "first products", _read_first_products)


def _read_first_products() -> dict[int, int]:
    shown = ProductCategory.objects.filter(
        product__in=Product.objects.browsable(), product__images__isnull=False
    )
    return dict(shown.order_by().values_list("category_id").annotate(first=Min("product_id")))


def tiles(request: HttpRequest, cards: Mapping[int, Card]) -> tuple[Tile, ...]:
    """Return the top-level categories of the menu with their subcategories.

    `cards` are those of `first_products`, by ID.
    """
    firsts = first_products(request)
    return tuple(_tile(node, firsts, cards) for node in tree.of(request).roots if node.in_menu)


def _tile(node: tree.Node, firsts: dict[int, int], cards: Mapping[int, Card]) -> Tile:
    children = tuple(_tile(child, firsts, cards) for child in node.children)
    card = cards.get(min((firsts[one.pk] for one in node.branch() if one.pk in firsts), default=0))
    return Tile(node.name, node.url, card.picture if card else None, children)
