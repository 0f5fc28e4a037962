"""What follows a change of the catalogue by staff: pictures, search words, cached pages."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec

from django.db import transaction

from catalog.models import Category, Product, ProductImage
from catalog.search import index
from microflight import page_cache


def product_saved(product: Product, new_pictures: Iterable[ProductImage] = ()) -> None:
    """Rewrite the product's search words now; once the change is kept, forget the pages that
    show the old one and make the sizes of its new pictures."""
    index.refresh([product])
    page_cache.bump()
    pictures = list(new_pictures)
    if pictures:
        transaction.on_commit(lambda: _make_sizes(pictures))


def category_saved(category: Category, *, renamed: bool) -> None:
    """Rewrite the search words of a renamed category's products; forget pages of the tree."""
    if renamed:
        index.refresh(category.product_set.values_list("pk", flat=True))
    page_cache.bump()


def _make_sizes(pictures: list[ProductImage]) -> None:
    if find_spec("catalog.pictures"):
        for picture in pictures:
            import_module("catalog.pictures").make_renditions(picture)
