"""The words a product can be found by, kept in one column so that a search reads one table."""

import re
from collections.abc import Iterable

from django.utils.html import strip_tags

from catalog.models import Product

READ_FIRST = (
    "attribute_values__attribute__option_group",
    "attribute_values__value_option",
    "children__attribute_values__attribute",
    "children__attribute_values__value_option",
    "categories",
)


def refresh_search_text(pks: Iterable[int] | None = None) -> int:
    """Rewrite `search_text` of these products, or of all; returns how many changed."""
    products = Product.objects.filter(parent=None).prefetch_related(*READ_FIRST)
    if pks is not None:
        products = products.filter(pk__in=list(pks))
    changed = []
    for product in products:
        text = search_text(product)
        if text != product.search_text:
            product.search_text = text
            changed.append(product)
    Product.objects.bulk_update(changed, ["search_text"], batch_size=200)
    return len(changed)


def search_text(product: Product) -> str:
    """Lower-case title, SKU, categories, attributes and description, with those of variants."""
    parts = [product.title, product.upc or ""]
    parts += [category.name for category in product.categories.all()]
    parts += _figures(product)
    for child in product.children.all():
        parts += [child.title, child.upc or "", *_figures(child)]
    parts.append(strip_tags(product.description))
    return re.sub(r"\s+", " ", " ".join(parts)).strip().lower()


def _figures(product: Product) -> list[str]:
    return [
        f"{value.attribute.name} {value.value_as_text}" for value in product.attribute_values.all()
    ]
