"""Updates `Product.search_text`: code that saves products calls `refresh`."""

from collections.abc import Iterable

from django.utils.html import strip_tags

from catalog.attribute_values import name_and_unit, with_unit
from catalog.models import Product
from catalog.search.tokens import sku_words, words_of
from microflight.core.units import format_weight

_PREFETCHED = (
    "categories",
    "stockrecords",
    "attribute_values__attribute",
    "attribute_values__value_option",
    "children__stockrecords",
    "children__attribute_values__attribute",
    "children__attribute_values__value_option",
)


def refresh(products: Iterable[Product | int] | None = None) -> int:
    """Update the search text of these products, or of all; return how many changed.

    The text of a variant is part of its parent's, so the parent is updated.
    """
    wanted = Product.objects.filter(parent=None)
    if products is not None:
        pks = [one.pk if isinstance(one, Product) else one for one in products]
        parents = Product.objects.filter(pk__in=pks, parent__isnull=False).values("parent_id")
        wanted = wanted.filter(pk__in=pks) | wanted.filter(pk__in=parents)
    changed = []
    for product in wanted.prefetch_related(*_PREFETCHED).iterator(chunk_size=500):
        text = text_for(product)
        if text != product.search_text:
            product.search_text = text
            changed.append(product)
    Product.objects.bulk_update(changed, ["search_text"], batch_size=200)
    return len(changed)


def text_for(product: Product) -> str:
    """Return the unique words of a product and its variants, a space before each."""
    found: list[str] = []
    for one in (product, *product.children.all()):
        found += _own_words(one)
    for category in product.categories.all():
        found += words_of(category.name)
    found += words_of(strip_tags(product.description))
    return "".join(f" {word}" for word in dict.fromkeys(found))


def _own_words(product: Product) -> list[str]:
    found = words_of(product.title)
    for sku in {product.upc or "", *(record.partner_sku for record in product.stockrecords.all())}:
        found += sku_words(sku)
    for value in product.attribute_values.all():
        name, unit = name_and_unit(value.attribute.name)
        found += words_of(f"{name} {with_unit(value.value_as_text, unit)}")
        if unit:
            found += words_of(with_unit(value.value_as_text, unit).replace("\xa0", ""))
    return found + words_of(
        f"{format_weight(product.weight_g)} {format_weight(product.weight_g)}".replace(" ", "")
    )
