"""The search page."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from catalog import listing, tree
from catalog.search.results import search_products
from microflight.core.fragment_cache import same_page
from microflight.core.page_cache import shared_page


@require_safe
@shared_page("q", "sort", "in_stock", "page")
def search(request: HttpRequest) -> HttpResponse:
    """Show the products that match every word of `q`."""
    wanted = listing.ListQuery.read(request.GET)
    context = listing.context(request.path, wanted, search_products(wanted))
    context |= {"categories": tuple(tree.of(request).roots), "search_words": wanted.search}
    return same_page(request, "search/search.html", context)
