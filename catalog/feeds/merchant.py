"""The product feed for merchants: RSS 2.0 with the g: namespace, one item for each variant.

Source: https://support.google.com/merchants/answer/7052112 (product data specification).
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time
from xml.sax.saxutils import escape

from django.conf import settings
from django.core.cache import cache
from django.utils.timezone import get_current_timezone
from stdnum import ean

from catalog import product_page
from catalog.cards import Offer, live_products
from catalog.models import Product
from catalog.product_page import ProductPage
from catalog.read_model import ItemData, details_of
from catalog.tree import Tree
from catalog.variant_urls import variant_url
from microflight.core.business import FACTS
from microflight.core.html import html_to_text
from microflight.core.units import format_number

KEEP_FOR = 900  # seconds: prices and stock change
_KEY = "feeds:products"
_BATCH = 250  # products in memory
_AVAILABILITY = {"in": "in_stock", "few": "in_stock", "backorder": "backorder"}
#: Characters that XML 1.0 does not allow.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n'
)


def cached_feed(categories: Callable[[], Tree]) -> Iterator[bytes]:
    """Yield the feed as bytes: from the cache, or made and then cached, compressed."""
    stored = cache.get(_KEY)
    if stored is not None:
        return _unpacked(stored)
    return _stored(feed(categories()))


def _unpacked(stored: bytes) -> Iterator[bytes]:
    reader = zlib.decompressobj()
    for start in range(0, len(stored), 8_192):
        yield reader.decompress(stored[start : start + 8_192])
    yield reader.flush()


def _stored(pieces: Iterable[str]) -> Iterator[bytes]:
    """Yield the pieces, and cache them once all were read."""
    writer, packed = zlib.compressobj(6), []
    for piece in pieces:
        text = piece.encode()
        packed.append(writer.compress(text))
        yield text
    cache.set(_KEY, b"".join([*packed, writer.flush()]), KEEP_FOR)


def feed(categories: Tree) -> Iterator[str]:
    """Yield the feed in pieces. Two queries for each 250 products."""
    channel = {"title": FACTS.shop, "link": settings.SITE_URL, "description": FACTS.company}
    yield _START + _tags(channel)
    last = 0
    products = Product.objects.browsable().order_by("pk")
    while rows := list(products.filter(pk__gt=last).values_list("pk", "details")[:_BATCH]):
        last = rows[-1][0]
        live = live_products([pk for pk, _details in rows])
        yield "".join(
            item
            for pk, details in rows
            if pk in live
            for item in _items(product_page.of(live[pk], details_of(pk, details), categories))
        )
    yield "</channel></rss>\n"


def _items(page: ProductPage) -> Iterator[str]:
    """Yield what can be bought of a product; without a price it cannot."""
    for item, offer in page.offered:
        if offer.price is not None:
            yield f"<item>{_tags(_common(page) | _own(page, item, offer))}</item>\n"


def _common(page: ProductPage) -> dict[str, str | list[str]]:
    return {
        "g:description": html_to_text(page.details.description)[:5000] or page.product.title,
        "g:condition": "new",
        "g:brand": page.details.brand[:70],
        "g:product_type": " > ".join(name for name, _url in page.trail)[:750],
    }


def _own(page: ProductPage, item: ItemData, offer: Offer) -> dict[str, str | list[str]]:
    sku = offer.sku or item.upc
    url, title, group = page.product.url, page.product.title, ""
    if item.pk != page.product.pk:
        url = variant_url(page.details.slug, page.product.pk, item.upc, item.pk)
        title, group = item.title, page.sku or str(page.product.pk)
    pictures = item.pictures or page.details.item.pictures
    images = [settings.SITE_URL + picture.original for picture in pictures[:11]]
    weight = item.weight_g or page.details.item.weight_g
    expected = offer.stock.expected_on
    noon = expected and datetime.combine(expected, time(12), get_current_timezone())
    return {
        "g:id": (sku or str(item.pk))[:50],
        "g:item_group_id": group[:50],
        "g:title": title[:150],
        "g:link": settings.SITE_URL + url,
        "g:image_link": images[:1],
        "g:additional_image_link": images[1:],
        "g:availability": _AVAILABILITY.get(offer.stock.status, "out_of_stock"),
        "g:availability_date": noon.isoformat() if noon else "",
        "g:price": f"{offer.prior_price or offer.price} CAD",
        "g:sale_price": f"{offer.price} CAD" if offer.prior_price else "",
        "g:mpn": sku[:70],
        "g:gtin": item.upc if ean.is_valid(item.upc) else "",
        "g:shipping_weight": f"{format_number(weight)} g" if weight else "",
    }


def _tags(values: dict[str, str | list[str]] | dict[str, str]) -> str:
    """Return elements; empty values are left out."""
    return "".join(
        f"<{name}>{escape(_NOT_XML.sub('', text))}</{name}>"
        for name, value in values.items()
        for text in (value if isinstance(value, list) else [value])
        if text
    )
