"""Updates after staff change the catalogue: image sizes, read model, cached pages."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from catalog import read_model
from catalog.images import measure
from catalog.models import Product, ProductImage
from catalog.search_index import pages
from microflight.core import page_cache


def product_saved(product: Product, new_images: Iterable[ProductImage] = ()) -> None:
    """Refresh the product at once, and again when its new images are measured, on commit."""
    products_changed([product])
    if images := list(new_images):
        transaction.on_commit(partial(_measure, product, images), robust=True)


def products_changed(products: Iterable[Product | int]) -> None:
    """Update read model and search documents of these products; invalidate the page cache."""
    read_model.refresh(products)
    page_cache.invalidate()


def categories_changed() -> None:
    """Update the search documents of categories; invalidate the page cache."""
    pages.refresh_categories()
    page_cache.invalidate()


def _measure(product: Product, images: list[ProductImage]) -> None:
    for image in images:
        measure(image)  # one that cannot be measured is shown as it was uploaded
    products_changed([product])
