"""Updates after staff change the catalogue: image sizes, read model, cached pages."""

from collections.abc import Callable, Collection, Iterable
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog import facet_values, read_model
from catalog.images import measure
from catalog.kits.inheritance import kits_with
from catalog.models import Product, ProductImage
from catalog.search_index import pages
from microflight.core import page_cache
from microflight.core.history import batched


def product_saved(product: Product, new_images: Iterable[ProductImage] = ()) -> None:
    """Refresh the product at once, and again when its new images are measured, on commit."""
    products_changed([product])
    if images := list(new_images):
        transaction.on_commit(partial(_measure, product, images), robust=True)


def products_changed(products: Iterable[Product | int]) -> None:
    """Update read model and search documents of these products; invalidate the page cache."""
    read_model.refresh(products)
    page_cache.invalidate()


def clear(products: Collection[int]) -> None:
    """Clear the read model of many products, so that pages rebuild what they show, until
    `refresh_cleared` stores it."""
    for some in batched(products):
        rows = Product.objects.filter(Q(pk__in=some) | Q(pk__in=kits_with(some)))
        pages = {parent or pk for pk, parent in rows.values_list("pk", "parent")}
        empty = {"card": "", "details": "", "facets": ""}
        Product.objects.filter(pk__in=pages).update(**empty, date_updated=timezone.now())
    facet_values.reset_lists()


def refresh_cleared(on_progress: Callable[[int], None]) -> None:
    """Update all products whose read model is cleared, some at a time, each in a transaction."""
    cleared = Product.objects.filter(parent=None, card="").values_list("pk", flat=True)
    done = 0
    for some in batched(list(cleared.order_by("pk"))):
        read_model.refresh(some)
        done += len(some)
        on_progress(done)
    page_cache.invalidate()


def categories_changed() -> None:
    """Update the search documents of categories; invalidate the page cache."""
    pages.refresh_categories()
    page_cache.invalidate()


def _measure(product: Product, images: list[ProductImage]) -> None:
    for image in images:
        measure(image)  # one that cannot be measured is shown as it was uploaded
    products_changed([product])
