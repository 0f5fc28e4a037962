"""Structured data of a product for search engines: schema.org in JSON-LD."""

import json

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from catalog.cards import Offer
from catalog.product_page import ProductPage
from microflight.core.html import html_to_text

_AVAILABILITY = {
    "in": "InStock",
    "few": "LimitedAvailability",
    "backorder": "BackOrder",
    "out": "OutOfStock",
}
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def product(page: ProductPage) -> SafeString:
    """Return the JSON-LD of a product page."""
    site = settings.SITE_URL  # not the Host header: the page is cached for all visitors
    url = site + page.product.url
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": page.product.title,
        "url": url,
        "sku": page.sku,
        "description": html_to_text(page.details.description),
        "image": [site + picture.src for picture in page.pictures],
        "weight": {
            "@type": "QuantitativeValue",
            "value": float(page.details.item.weight_g),
            "unitCode": "GRM",
        },
        "offers": [_offer(offer, url) for offer in page.offers if offer.price is not None],
    }
    text = json.dumps({key: value for key, value in data.items() if value})
    return mark_safe(text.translate(_ESCAPES))  # noqa: S308 (nothing in it can end the script tag)


def _offer(offer: Offer, url: str) -> dict[str, str]:
    return {
        "@type": "Offer",
        "sku": offer.sku,
        "url": url,
        "price": str(offer.price),
        "priceCurrency": "CAD",
        "availability": f"https://schema.org/{_AVAILABILITY[offer.stock.status]}",
    }
