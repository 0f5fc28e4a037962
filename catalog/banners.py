"""Texts about promotions on catalogue pages. The package above that knows promotions provides them
(setting PROMOTION_BANNERS)."""

from collections.abc import Collection, Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def on_product(
    request: HttpRequest, products: Iterable[int], product_type: int | None, paths: Collection[str]
) -> tuple[str, ...]:
    """Return the texts for a product and its variants (IDs), in categories with these paths."""
    return _provider().on_product(request, products, product_type, paths)


def on_category(request: HttpRequest, path: str) -> tuple[str, ...]:
    """Return the texts for a category with this tree path."""
    return _provider().on_category(request, path)


def _provider() -> Any:
    return import_module(settings.PROMOTION_BANNERS)
