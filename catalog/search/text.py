"""The words by which search finds a product, stored as `Product.search_text`."""

from django.utils.html import strip_tags

from catalog.attribute_values import name_and_unit, with_unit
from catalog.models import Product
from catalog.search.tokens import sku_words, words_of
from microflight.core.units import format_weight


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
        text = str(with_unit(value.value_as_text, unit))
        found += words_of(f"{name} {text}")
        if unit:
            found += words_of(text.replace("\xa0", ""))
    weight = format_weight(product.weight_g)
    return found + words_of(f"{weight} {weight}".replace(" ", ""))
