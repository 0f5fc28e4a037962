"""Copies of products: a draft with the same texts, attributes, facts and images."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from catalog import read_model
from catalog.models import Product

#: What a copy does not have: what is unique, and what happened to the product.
_NOT_COPIED: dict[str, Any] = {
    "upc": None,
    "code": None,
    "slug": "",
    "rating": None,
    "publish_at": None,
    "withdraw_at": None,
    "discontinued_on": None,
    "successor": None,
}


@transaction.atomic
def duplicate(product: Product, *, title: str) -> Product:
    """Return a copy of a product with its variants; not public, without SKUs, prices and stock."""
    made = _copy(product, title=title, is_public=False)
    for variant in product.children.order_by("pk"):
        _copy(variant, parent=made)
    read_model.refresh([made])
    return made


def _copy(product: Product, **changes: Any) -> Product:
    made = Product.objects.get(pk=product.pk)
    _insert(made, {**_NOT_COPIED, **changes})
    made.categories.set(product.categories.all())
    made.spare_parts.set(product.spare_parts.all())
    facts = getattr(product, "facts", None)
    _clone([facts] if facts else [], product=made)
    _clone(product.attribute_values.all(), product=made)
    _clone(product.images.all(), product=made)
    _clone(product.primary_recommendations.all(), primary=made)
    _clone(product.kit_components.all(), kit=made)
    return made


def _clone(rows: Iterable[models.Model], **changes: Any) -> None:
    for row in rows:
        several = {one.name: list(getattr(row, one.name).all()) for one in row._meta.many_to_many}
        _insert(row, changes)
        for name, values in several.items():
            getattr(row, name).set(values)


def _insert(row: models.Model, changes: dict[str, Any]) -> None:
    row.pk, row._state.adding = None, True
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
