"""Updates after staff change the catalogue: image sizes, search text, cached pages."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from catalog.images import measure
from catalog.models import Category, Product, ProductImage
from catalog.search import index
from microflight.core import page_cache


def product_saved(product: Product, new_images: Iterable[ProductImage] = ()) -> None:
    """Update the search text; on commit, measure new images and invalidate the page cache."""
    index.refresh([product])
    for image in new_images:
        # An image that cannot be measured is shown as it was uploaded.
        transaction.on_commit(partial(measure, image), robust=True)
    page_cache.invalidate()


def category_saved(category: Category, *, renamed: bool) -> None:
    """Update the search text of a renamed category's products; invalidate the page cache."""
    if renamed:
        index.refresh(category.product_set.values_list("pk", flat=True))
    page_cache.invalidate()
