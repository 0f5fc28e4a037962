"""What follows a change of the catalogue by staff: pictures, search words, cached pages."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec

from django.db import transaction

from catalog.models import ProductImage


def after_commit(product_pks: Iterable[int] = (), image_pks: Iterable[int] = ()) -> None:
    """Once the change is in the database: make the sizes of new pictures, refresh the search
    words of the products, and forget pages that show the old ones."""
    products, images = list(product_pks), list(image_pks)
    transaction.on_commit(lambda: _refresh(products, images))


def _refresh(product_pks: list[int], image_pks: list[int]) -> None:
    if image_pks and find_spec("catalog.pictures"):
        for image in ProductImage.objects.filter(pk__in=image_pks):
            import_module("catalog.pictures").make_renditions(image)
    if product_pks and find_spec("catalog.search.index"):
        import_module("catalog.search.index").refresh(product_pks)
    if find_spec("microflight.page_cache"):
        import_module("microflight.page_cache").bump()
