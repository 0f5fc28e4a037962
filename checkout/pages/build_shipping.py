"""Whether what is on a build sheet ships to the visitor's destination: a visitor fragment."""

from collections import Counter
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from catalog.build_sheet import state
from catalog.partner.models import StockRecord
from catalog.skus import sku_key, sku_key_of
from checkout.pages.destination import chosen_destination, place_name
from checkout.pages.product_shipping import NOT_CHOSEN
from checkout.placement.sample_cart import SampleLine
from checkout.shipping.engine import WITH_FACTS, answer, items_from
from microflight.core.page_cache import process_cached


def build_shipping(request: HttpRequest) -> dict[str, Any]:
    """Return the values of the fragment; `NOT_CHOSEN` without a destination that we ship to.

    `refused`: the titles of what does not ship even alone. Two queries, and those of the engine.
    """
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    chosen = chosen_destination(request) if has_session else None
    place = chosen and place_name(request, chosen)
    if chosen is None or not place:
        return NOT_CHOSEN
    values = {"to": place, "here": request.get_full_path()}
    items = items_from(_lines(request))
    if not items:
        return values
    to, today, cached = chosen.normalized, timezone.localdate(), partial(process_cached, request)
    found = answer(items, to, today, cached=cached)
    best = min(found.services, key=lambda service: service.charge, default=None)
    kept = {item.reference for item in found.closest}
    refused = [] if best else [item.title for item in items if item.reference not in kept]
    return values | {"answer": found, "best": best, "refused": refused}


def _lines(request: HttpRequest) -> list[SampleLine]:
    """Return the products on the sheet that can be bought. One query."""
    wanted = state.read(request.GET)
    units: Counter[str] = Counter()
    for row in wanted.rows:
        units[sku_key(row.sku)] += 0 if row.errors else row.units
    if wanted.airframe:
        units[sku_key(wanted.airframe)] += 1
    is_public = Q(product__parent=None) | Q(product__parent__is_public=True)
    records = (
        StockRecord.objects.alias(key=sku_key_of("product__upc"))
        .filter(is_public, key__in=units, product__is_public=True, price__isnull=False)
        .select_related(*WITH_FACTS)
        .order_by("-pk")
    )
    first = {record.product_id: record for record in records}
    lines = (SampleLine(one, units[sku_key(one.product.upc or "")]) for one in first.values())
    return [line for line in lines if line.quantity]
