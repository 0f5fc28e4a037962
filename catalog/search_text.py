"""The words by which search finds a product, stored as `Product.search_text`: lower case, without
accents or punctuation."""

import re
import unicodedata

from django.utils.html import strip_tags

from catalog.attribute_values import name_and_unit, with_unit
from catalog.models import Product
from microflight.core.units import format_weight

_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_SIZES = re.compile(r"(?<=[0-9]) ?[x×] ?(?=[0-9])")


def fold(text: str) -> str:
    """Return text in lower case without accents: `Écran` gives `ecran`."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """Return the words of a text in order. `3.6` is one word, `4 × 8` is `4x8`."""
    return _WORD.findall(_SIZES.sub("x", fold(text)))


def sku_words(sku: str) -> list[str]:
    """Return the parts of a SKU, and its endings without hyphens.

    MF-RX-4CH gives mf, rx, 4ch, mfrx4ch, rx4ch.
    """
    parts = words_of(sku)
    return parts + ["".join(parts[start:]) for start in range(len(parts) - 1)]


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
