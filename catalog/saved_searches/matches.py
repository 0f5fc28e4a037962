"""The products of a query string, found in the same way as on its list."""

from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from catalog import listing, tree
from catalog.facets import Filtered
from catalog.list_query import ListQuery
from catalog.listing_index import Index, current
from catalog.search import results


def normalize(query: QueryDict) -> str:
    """Return what a query string asks for in one spelling, without page, sorting and view."""
    pairs = ListQuery.read(query).pairs()
    ignored = {"page", "sort", "view"}
    return urlencode(sorted(pair for pair in pairs if pair[1] and pair[0] not in ignored))


def list_url(query: str) -> str:
    """Return the path of the list of a query string: the search, or all products."""
    wanted = ListQuery.read(QueryDict(query))
    path = reverse("search:search" if wanted.search else "catalogue:index")
    return path + wanted.urlencode()


def matching_products(query: str, most: int) -> list[int]:
    """Return the IDs of the products that match all of it, newest first."""
    index = current()
    return index.arranged(_filtered(query, index).bits, "new", 0, most)


def count_matches(query: str) -> int:
    """Return how many products match all of it."""
    return _filtered(query, current()).bits.bit_count()


def describe(query: str) -> str:
    """Return a query string as people read it; empty if it asks for everything or nothing."""
    wanted = ListQuery.read(QueryDict(query))
    found = _filtered(query, current())
    if wanted.search_error or found.has_error:
        return ""
    words = [wanted.search] if wanted.search else []
    return ", ".join([*words, *(chip.label for chip in found.chips)])[:200]


def _filtered(query: str, index: Index) -> Filtered:
    wanted = ListQuery.read(QueryDict(query))
    nodes = tuple(one for root in tree.load().roots for one in root.branch())
    source = listing.Source(listing.all_products, nodes, listing.read_destinations)
    if wanted.search:
        source = results.source_of(wanted, source)
    return listing.filter_list(index, source, wanted)[1]
