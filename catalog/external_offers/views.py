"""Follows the link of an external offer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.external_offers.models import ExternalOffer
from catalog.external_offers.services import count_click


@never_cache
@require_safe
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect to the stored link, and count the click unless the browser only prefetches it."""
    offer = get_object_or_404(ExternalOffer.objects.shown(), pk=pk)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        count_click(offer)
    response = redirect(offer.url)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
