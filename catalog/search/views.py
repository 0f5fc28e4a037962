"""The search page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import listing, tree
from catalog.search.find import find
from microflight.core.page_cache import shared_page


@require_safe
@shared_page("q", "sort", "in_stock", "page")
def search(request: HttpRequest) -> HttpResponse:
    """Show the products that have every word of `q`; without words, what to look for."""
    wanted = listing.Wanted.read(request.GET)
    context = listing.context(request.path, wanted, find(wanted))
    context |= {"categories": tree.of(request).roots, "search_words": wanted.words}
    return render(request, "search/search.html", context)
