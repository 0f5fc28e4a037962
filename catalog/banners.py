"""Texts about promotions on catalogue pages. Receivers in the package that knows promotions return
them, as tuples of texts."""

from collections.abc import Collection, Iterable
from typing import Any

from django.dispatch import Signal
from django.http import HttpRequest

from catalog.models import Category, Product

#: Arguments: request, products (IDs), product_type (ID) and paths, as of `on_product`.
product_banners_requested = Signal()
#: Arguments: request and path, as of `on_category`.
category_banners_requested = Signal()


def on_product(
    request: HttpRequest, products: Iterable[int], product_type: int | None, paths: Collection[str]
) -> tuple[str, ...]:
    """Return the texts for a product and its variants (IDs), in categories with these paths."""
    found: Any = product_banners_requested.send(
        Product, request=request, products=products, product_type=product_type, paths=paths
    )
    return tuple(text for _receiver, texts in found for text in texts)


def on_category(request: HttpRequest, path: str) -> tuple[str, ...]:
    """Return the texts for a category with this tree path."""
    found: Any = category_banners_requested.send(Category, request=request, path=path)
    return tuple(text for _receiver, texts in found for text in texts)
