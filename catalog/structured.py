"""Structured data for search engines: schema.org in JSON-LD.

Sources: https://developers.google.com/search/docs/appearance/structured-data/product-variants,
merchant-listing, breadcrumb and organization. URLs begin with SITE_URL, not with the Host header:
pages are cached for all visitors.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from stdnum import ean

from catalog.cards import Offer
from catalog.feedback import Feedback
from catalog.images import Picture
from catalog.product_page import ProductPage
from catalog.read_model import ItemData
from catalog.variant_urls import variant_url
from microflight.core.business import FACTS
from microflight.core.html import html_to_text
from policies import structured_data as policy_data

_SCHEMA = "https://schema.org/"
_AVAILABILITY = {
    "in": "InStock",
    "few": "LimitedAvailability",
    "backorder": "BackOrder",
    "out": "OutOfStock",
    "discontinued": "Discontinued",
}
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def product(page: ProductPage) -> SafeString:
    """Return the JSON-LD of a product page: a Product, or a ProductGroup with its variants."""
    data: dict[str, Any] = {
        "@type": "Product",
        "name": page.product.title,
        "url": settings.SITE_URL + page.product.url,
        "sku": page.sku,
        "description": html_to_text(page.details.description),
        "image": _images(page.pictures),
        "brand": {"@type": "Brand", "name": page.details.brand},
        "weight": _grams(page.details.item.weight_g),
        "aggregateRating": _rating(page.details.feedback),
    }
    if page.variants:
        data |= {"@type": "ProductGroup", "productGroupID": page.sku or str(page.product.pk)}
        data["hasVariant"] = [_variant(page, item, offer) for item, offer in page.offered]
    else:
        data |= _numbers(page.details.item)
        data["offers"] = _offers(page.offers, data["url"])
    return _script(data)


def breadcrumbs(crumbs: Iterable[tuple[str, str]]) -> SafeString:
    """Return the JSON-LD of breadcrumbs, given as names and paths; the last is the page itself."""
    home = ((FACTS.shop, "/"),)
    items = [
        {"@type": "ListItem", "position": place, "name": name, "item": url and _absolute(url)}
        for place, (name, url) in enumerate((*home, *crumbs), 1)
    ]
    return _script({"@type": "BreadcrumbList", "itemListElement": [_filled(one) for one in items]})


def organization() -> SafeString:
    """Return the JSON-LD of the business, for the home page."""
    address = {
        "@type": "PostalAddress",
        "streetAddress": FACTS.street,
        "addressLocality": FACTS.city,
        "addressRegion": FACTS.province,
        "postalCode": FACTS.postcode,
        "addressCountry": "CA",
    }
    return _script(
        {
            "@type": "OnlineStore",
            "@id": _absolute("/#shop"),
            "name": FACTS.shop,
            "legalName": FACTS.company,
            "url": _absolute("/"),
            "foundingDate": str(FACTS.since),
            "telephone": FACTS.telephone,
            "email": FACTS.sales_email,
            "address": address,
        }
    )


def website() -> SafeString:
    """Return the JSON-LD of the site with its search, for the home page."""
    target = f"{_absolute(reverse('search:search'))}?q={{search_term_string}}"
    search = {
        "@type": "SearchAction",
        "target": {"@type": "EntryPoint", "urlTemplate": target},
        "query-input": "required name=search_term_string",
    }
    data = {"@type": "WebSite", "name": FACTS.shop, "url": _absolute("/"), "inLanguage": "en-CA"}
    return _script({**data, "potentialAction": search, "publisher": {"@id": _absolute("/#shop")}})


def _script(data: dict[str, Any]) -> SafeString:
    text = json.dumps({"@context": "https://schema.org", **_filled(data)})
    return mark_safe(text.translate(_ESCAPES))  # noqa: S308 (nothing in it can end the script tag)


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value}


def _absolute(path: str) -> str:
    return settings.SITE_URL + path


def _images(pictures: Iterable[Picture]) -> list[str]:
    return [_absolute(picture.src) for picture in pictures]


def _grams(weight: Decimal) -> dict[str, Any] | None:
    if not weight:
        return None
    return {"@type": "QuantitativeValue", "value": float(weight), "unitCode": "GRM"}


def _rating(feedback: Feedback) -> dict[str, Any] | None:
    if feedback.rating is None:
        return None
    value = float(feedback.rating)
    return {"@type": "AggregateRating", "ratingValue": value, "reviewCount": feedback.count}


def _numbers(item: ItemData) -> dict[str, str]:
    return {"mpn": item.upc, "gtin": item.upc if ean.is_valid(item.upc) else ""}


def _variant(page: ProductPage, item: ItemData, offer: Offer) -> dict[str, Any]:
    url = variant_url(page.details.slug, page.product.pk, item.upc, item.pk)
    return _filled(
        {
            "@type": "Product",
            "name": item.title,
            "sku": offer.sku or item.upc,
            **_numbers(item),
            "image": _images(item.pictures or page.details.item.pictures),
            "weight": _grams(item.weight_g),
            "offers": _offers([offer], _absolute(url)),
        }
    )


def _offers(offers: Iterable[Offer], url: str) -> list[dict[str, Any]]:
    return [_offer(offer, url) for offer in offers if offer.price is not None]


def _offer(offer: Offer, url: str) -> dict[str, Any]:
    """Return an offer; shipping and returns say what needs no query."""
    data = {
        "@type": "Offer",
        "sku": offer.sku,
        "url": url,
        "price": str(offer.price),
        "priceCurrency": "CAD",
        "availability": _SCHEMA + _AVAILABILITY[offer.stock.status],
        "itemCondition": _SCHEMA + "NewCondition",
        "seller": {"@id": _absolute("/#shop")},
        **policy_data.properties("returns"),
    }
    if offer.prior_price is not None:
        data["priceSpecification"] = {
            "@type": "UnitPriceSpecification",
            "priceType": _SCHEMA + "StrikethroughPrice",
            "price": str(offer.prior_price),
            "priceCurrency": "CAD",
        }
    if offer.stock.status in ("in", "few"):
        data["shippingDetails"] = _SHIPPING
    return data


#: Rates are on the shipping policy's page: they take queries (`checkout.shipping.structured_data`).
_SHIPPING = {
    "@type": "OfferShippingDetails",
    "shippingDestination": {"@type": "DefinedRegion", "addressCountry": "CA"},
    "deliveryTime": {
        "@type": "ShippingDeliveryTime",
        "handlingTime": {
            "@type": "QuantitativeValue",
            "minValue": 0,
            "maxValue": settings.DISPATCH_DAYS,
            "unitCode": "DAY",
        },
    },
}
