"""What follows a change of the catalogue by staff: pictures, search words, cached pages."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from catalog.models import Category, Product, ProductImage
from catalog.pictures import make_renditions
from catalog.search import index
from microflight.core import page_cache


def product_saved(product: Product, new_pictures: Iterable[ProductImage] = ()) -> None:
    """Rewrite the product's search words now; once the change is kept, make the sizes of its new
    pictures and forget the pages that show the old ones."""
    index.refresh([product])
    for picture in new_pictures:
        # A picture whose sizes fail to be made is shown as it was uploaded.
        transaction.on_commit(partial(make_renditions, picture), robust=True)
    page_cache.invalidate()


def category_saved(category: Category, *, renamed: bool) -> None:
    """Rewrite the search words of a renamed category's products; forget pages of the tree."""
    if renamed:
        index.refresh(category.product_set.values_list("pk", flat=True))
    page_cache.invalidate()
