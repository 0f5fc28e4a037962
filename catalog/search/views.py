"""The search page, and suggestions while someone types."""

import re
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import listing, tree
from catalog.list_query import CSV, PARAMETERS, ListQuery
from catalog.list_views import source_of
from catalog.search import log, results
from microflight.core.fragment_cache import same_page
from microflight.core.page_cache import shared_page

_WHAT_FITS = re.compile(
    r"\A\s*what\s+(fits|works\s+with|goes\s+with)\s+((my|a|an|the)\s+)?(?=\S)", re.IGNORECASE
)
SUGGESTIONS_SECONDS = 60  # for which a browser may use them again


@require_safe
@shared_page("q", *PARAMETERS)
def search(request: HttpRequest) -> HttpResponseBase:
    """Show the results for `q`, and note the search without anything about the visitor."""
    wanted = ListQuery.read(request.GET)
    product_only = _WHAT_FITS.sub("", wanted.search, count=1)
    searched = replace(wanted, search=product_only)
    source = source_of(request, listing.all_products)
    if wanted.view == CSV:
        return results.csv_file(searched, source)
    found = results.search(searched, source)
    log.record(wanted, found.total)
    context = listing.context(request.path, wanted, found.page)
    context |= {"categories": tuple(tree.of(request).roots), "search_words": wanted.search}
    context |= {"results": found, "matched": found.matched}
    asks_what_fits = product_only != wanted.search
    context["what_fits"] = next(iter(found.page.cards), None) if asks_what_fits else None
    return same_page(request, "search/search.html", context)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Return the list box of suggestions for an unfinished search, as a fragment of HTML."""
    wanted = ListQuery.read(request.GET)
    response = render(request, "search/_suggestions.html", {"found": results.suggest(wanted)})
    response["Cache-Control"] = f"private, max-age={SUGGESTIONS_SECONDS}"
    return response
