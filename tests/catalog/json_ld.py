"""Reads JSON-LD from pages, and checks the properties that Google requires of each type."""

import json
from html.parser import HTMLParser
from typing import Any

from django.test import Client

#: Type: its required properties; of several in a tuple, one is enough.
#: Source: https://developers.google.com/search/docs/appearance/structured-data (each type's page).
REQUIRED: dict[str, list[str | tuple[str, ...]]] = {
    "AggregateRating": ["ratingValue", ("reviewCount", "ratingCount")],
    "Brand": ["name"],
    "BreadcrumbList": ["itemListElement"],
    "DefinedRegion": ["addressCountry"],
    "EntryPoint": ["urlTemplate"],
    "ListItem": ["position", "name"],
    "MerchantReturnPolicy": [("merchantReturnLink", "returnPolicyCategory")],
    "Offer": ["price", "priceCurrency", "availability", "url"],
    "OfferShippingDetails": ["shippingDestination", "deliveryTime"],
    "OnlineStore": ["name", "url"],
    "PostalAddress": ["streetAddress", "addressLocality", "addressCountry"],
    "Product": ["name", "image", "offers"],
    "ProductGroup": ["name", "productGroupID", "hasVariant"],
    "QuantitativeValue": [("value", "maxValue"), "unitCode"],
    "SearchAction": ["target", "query-input"],
    "ShippingDeliveryTime": ["handlingTime"],
    "UnitPriceSpecification": ["price", "priceCurrency", "priceType"],
    "WebSite": ["name", "url"],
}


class _Scripts(HTMLParser):
    """Collects the JSON-LD scripts as a browser delimits them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("type", "application/ld+json") in attrs
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def read(client: Client, url: str) -> dict[str, Any]:
    """Return the JSON-LD of a page by type, after a check of its required properties."""
    scripts = _Scripts()
    scripts.feed(client.get(url).content.decode())
    found = [json.loads(text) for text in scripts.found]
    assert [one["@context"] for one in found] == ["https://schema.org"] * len(found)
    problems = [problem for one in found for problem in missing(one)]
    assert problems == []
    return {one["@type"]: one for one in found}


def missing(node: Any) -> list[str]:
    """Return the required properties that a node and those below it lack."""
    if isinstance(node, list):
        return [problem for one in node for problem in missing(one)]
    if not isinstance(node, dict):
        return []
    kind = node.get("@type")
    wanted = REQUIRED[kind] if kind else ["@id"]
    lacking = [
        f"{kind}: {name}"
        for name in wanted
        if not any(
            node.get(one) not in (None, "", [])
            for one in ([name] if isinstance(name, str) else name)
        )
    ]
    return lacking + [problem for one in node.values() for problem in missing(one)]
