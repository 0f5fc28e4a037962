"""What `Product.facets` says, categories and typed values, and when lists read all of it again."""

import json
from functools import partial

from django.core.cache import cache
from django.db import transaction

from catalog.models import Product
from catalog.search_index.documents import ProductEntry

#: Cache key: a new value says that lists read all products again.
LISTS_EPOCH = "lists:epoch"
_LONGEST_CHOICE = 60  # characters of a text that lists filter by


def facet_values(product: Product, entry: ProductEntry, version: int) -> str:
    """Return the categories, and the numbers ("n", base units) and texts ("t") by attribute of the
    product and its variants, as JSON of a version of the read model."""
    numbers: dict[str, set[float]] = {}
    texts: dict[str, set[str]] = {}
    rows = [row for row in entry.values.values() if row.code != "title"]
    for row in rows:
        if row.value is None and len(row.text) <= _LONGEST_CHOICE:
            texts.setdefault(row.code, set()).add(row.text)
        elif row.dimension == "boolean":
            texts.setdefault(row.code, set()).add("yes" if row.value else "no")
    has_text = {row.code for row in rows if row.value is None}
    for row in rows:  # a number in a text is no number of the attribute
        if row.value is not None and row.code not in has_text and row.dimension != "boolean":
            numbers.setdefault(row.code, set()).add(float(row.value))
    return json.dumps(
        {
            "format": version,
            "categories": sorted(category.pk for category in product.categories.all()),
            "n": {code: sorted(numbers[code]) for code in sorted(numbers)},
            "t": {code: sorted(texts[code]) for code in sorted(texts)},
        }
    )


def reset_lists() -> None:
    """Make all processes read all products for lists again (`listing_index`), once the current
    transaction is committed."""
    transaction.on_commit(partial(cache.delete, LISTS_EPOCH))
