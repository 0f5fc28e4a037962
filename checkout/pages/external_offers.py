"""The links of a product page to other sellers, for the destination that the visitor chose.

It is a visitor fragment: the product page is cached for all visitors. It adds no query: the links
of all products are in the process cache.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from catalog.external_offers.models import ExternalOffer, Link
from checkout.pages.destination import chosen_destination
from checkout.pages.product_shipping import NOT_CHOSEN, product_shipping
from microflight.core.page_cache import process_cached

NO_OFFERS: dict[str, Any] = {"offers": ()}


def external_offers(request: HttpRequest) -> dict[str, Any]:
    """Return the links, and whether we cannot ship the product to the chosen destination.

    Without a destination, the links of all countries.
    """
    links = process_cached(request, "external offers", ExternalOffer.objects.links)
    found = request.resolver_match
    offers: tuple[Link, ...] = links.get(int(found.kwargs["pk"]) if found else 0, ())
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    chosen = chosen_destination(request) if offers and has_session else None
    if chosen is None:
        return {"offers": offers}
    country = chosen.normalized.country
    offers = tuple(each for each in offers if each.country in ("", country))
    return {"offers": offers, "is_refused": _is_refused(request)} if offers else NO_OFFERS


def _is_refused(request: HttpRequest) -> bool:
    """Return whether nothing ships it to a destination that was chosen."""
    shipping = product_shipping(request)
    return shipping is NOT_CHOSEN or ("answer" in shipping and not shipping["best"])
