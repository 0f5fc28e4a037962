"""The search page, and suggestions while someone types."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import listing, tree
from catalog.search import log, results
from microflight.core.fragment_cache import same_page
from microflight.core.page_cache import shared_page

SUGGESTIONS_SECONDS = 60  # for which a browser may use them again


@require_safe
@shared_page("q", "sort", "in_stock", "page")
def search(request: HttpRequest) -> HttpResponse:
    """Show the results for `q`, and note the search without anything about the visitor."""
    wanted = listing.ListQuery.read(request.GET)
    found = results.search(wanted)
    log.record(wanted, found.total)
    context = listing.context(request.path, wanted, found.page)
    context |= {"categories": tuple(tree.of(request).roots), "search_words": wanted.search}
    context |= {"results": found, "matched": found.matched}
    return same_page(request, "search/search.html", context)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Return the list box of suggestions for an unfinished search, as a fragment of HTML."""
    wanted = listing.ListQuery.read(request.GET)
    response = render(request, "search/_suggestions.html", {"found": results.suggest(wanted)})
    response["Cache-Control"] = f"private, max-age={SUGGESTIONS_SECONDS}"
    return response
