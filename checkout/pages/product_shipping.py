"""Whether, how and for how much a product ships to the destination that a visitor chose.

It is a visitor fragment: the product page is cached for all visitors. It adds two queries: the
product with its price and facts, and the rates of its destination.
"""

from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from catalog.partner.models import StockRecord
from catalog.variant_urls import PARAMETER, named
from checkout.pages.destination import chosen_destination, place_name
from checkout.placement.promises import promises_of
from checkout.placement.sample_cart import SampleLine
from checkout.shipping.engine import WITH_FACTS, answer, items_from
from microflight.core.page_cache import process_cached
from policies.opening import calendars

NOT_CHOSEN: dict[str, Any] = {"to": None}


def product_shipping(request: HttpRequest) -> dict[str, Any]:
    """Return the values of the fragment; `NOT_CHOSEN` without a destination that we ship to.

    Two fragments of a page need them, so they are found once for a request.
    """
    known = vars(request)
    if "_product_shipping" not in known:
        known["_product_shipping"] = _values(request)
    return known["_product_shipping"]


def _values(request: HttpRequest) -> dict[str, Any]:
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    chosen = chosen_destination(request) if has_session else None
    place = chosen and place_name(request, chosen)
    if chosen is None or not place:
        return NOT_CHOSEN
    values = {"to": place, "here": request.get_full_path()}
    if (record := _stock_record(request)) is None:
        return values
    line, cached = SampleLine(record, 1), partial(process_cached, request)
    found = answer(items_from([line]), chosen.normalized, timezone.localdate(), cached=cached)
    best = min(found.services, key=lambda service: service.charge, default=None)
    promises = promises_of([line], best, cached("opening", calendars.load))
    promise = promises.lines[0]
    return values | {"answer": found, "best": best, "arrival": str(promise) or promise.dates}


def _stock_record(request: HttpRequest) -> StockRecord | None:
    """Return the stock record of the page's product or selected variant; of a product with
    variants, that of the first; None if nothing of it is shipped or has a price."""
    found = request.resolver_match
    pk, variant = int(found.kwargs["pk"]) if found else 0, request.GET.get(PARAMETER, "")
    records = StockRecord.objects.filter(product__is_public=True, price__isnull=False)
    records = records.select_related(*WITH_FACTS)
    of_page = records.filter(Q(product_id=pk) | Q(product__parent_id=pk))
    of_page = of_page.order_by("product__parent", "product", "pk")
    record = of_page.filter(named(variant, "product__")).first() if variant else None
    record = record or of_page.first()
    return record if record and record.product.is_shipping_required else None
