"""The URL of a variant: the page of its product with `?variant=SKU`.

The page has the product's canonical URL: search engines ask for the URL without the parameter.
Source: https://developers.google.com/search/docs/specialty/ecommerce/designing-a-url-structure-for-ecommerce-sites
"""

from django.db.models import Q
from django.utils.http import urlencode

from catalog.read_model import product_url

PARAMETER = "variant"
MAX_LENGTH = 64  # characters of a SKU


def variant_url(slug: str, product: int, sku: str, variant: int) -> str:
    """Return the path of a product's page with a variant selected; by ID if it has no SKU.

    `slug` and `product` (an ID) are of the product, `sku` and `variant` (an ID) of its variant.
    """
    return f"{product_url(slug, product)}?{urlencode({PARAMETER: sku or variant})}"


def is_named(text: str, sku: str, variant: int) -> bool:
    """Return whether the text of a URL names the variant with this SKU and ID."""
    return bool(text) and (text.upper() == sku.upper() or text == str(variant))


def named(text: str, prefix: str = "") -> Q:
    """Return the condition that the text of a URL names a variant; `prefix` is its relation."""
    if not 0 < len(text) <= MAX_LENGTH or "\0" in text:
        return Q(pk__in=())
    named = Q(**{f"{prefix}upc__iexact": text})
    if text.isascii() and text.isdigit() and len(text) < 10:
        named |= Q(**{f"{prefix}pk": int(text)})
    return named
