"""What a search finds: products and pages; the closest products if nothing matches."""

import re
from dataclasses import dataclass, replace

from django.db.models import Value
from django.http import Http404, StreamingHttpResponse

from catalog import listing
from catalog.cards import Card, cards_of
from catalog.list_query import ListQuery
from catalog.listing import PageOfCards, Source
from catalog.listing_index import Index, current
from catalog.models import Product
from catalog.product_sets import as_flags, as_places
from catalog.search import variant_hits
from catalog.search_index.expansion import Expanded, expand
from catalog.search_index.matching import (
    DISCONTINUED_PENALTY,
    matching_pages,
    matching_products,
    product_condition,
    relevance,
)
from catalog.search_index.models import SearchDocument
from catalog.search_index.query import parse

_EVERYTHING = Source(listing.all_products)
_NO_CARDS = PageOfCards((), 0, 1, 1)
_SHORTEST_SUGGESTED = 2  # characters
_MOST_PRODUCTS, _MOST_PAGES = 6, 2  # suggestions
_MOST_CANDIDATES = 100  # products that are scored for suggestions


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A category, policy or manual among the results."""

    type: str
    title: str
    url: str

    @property
    def label(self) -> str:
        """Return its type as shown."""
        return str(SearchDocument.Type(self.type).label)


@dataclass(frozen=True, slots=True)
class Results:
    """The results of one search."""

    page: PageOfCards = _NO_CARDS
    pages: tuple[FoundPage, ...] = ()
    corrected: str = ""  # the search with its typos corrected, if there were any
    dropped: str = ""  # the constraint that is ignored because nothing matches all of them
    is_partial: bool = False  # results match some of the words
    matched: tuple[str, ...] = ()  # words to highlight; `recei*` is the beginning of a word

    @property
    def total(self) -> int:
        """Return the number of results that match everything that was typed."""
        is_close = self.dropped or self.is_partial
        return 0 if is_close else self.page.total + len(self.pages)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What an unfinished search may find."""

    cards: tuple[Card, ...] = ()
    pages: tuple[FoundPage, ...] = ()
    matched: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Return how many there are."""
        return len(self.cards) + len(self.pages)


def search(wanted: ListQuery, source: Source = _EVERYTHING) -> Results:
    """Return a page of results, with at most 6 queries for known words.

    `source` has what the facets choose from. The best match comes first unless another sorting is
    chosen. Raises Http404 for a page past the end.
    """
    query = parse(wanted.search)
    if query.is_empty or wanted.search_error:
        return Results()
    expanded = expand(query)
    pages = () if wanted.page > 1 or query.quantities or wanted.is_filtered else _pages(expanded)
    results = Results(pages=pages, corrected=_corrected(wanted.search, expanded))
    index = current()
    page = _read(index, expanded, wanted, source)
    if not page.unfiltered and not pages:
        results, expanded = _closest(index, results, expanded, wanted, source)
        page = results.page
    if wanted.page > page.last:
        raise Http404("There is no such page.")
    page = replace(page, cards=variant_hits.linked(page.cards, expanded))
    return replace(results, page=page, matched=_matched(expanded))


def source_of(wanted: ListQuery, source: Source) -> Source:
    """Return the products that match everything that was typed. At most 4 queries."""
    found = None if wanted.search_error else _source(expand(parse(wanted.search)), wanted, source)
    return found or replace(source, select=lambda index: 0)


def csv_file(wanted: ListQuery, source: Source) -> StreamingHttpResponse:
    """Return the products that match everything that was typed as a CSV file."""
    return listing.csv_file(current(), source_of(wanted, source), wanted)


def suggest(wanted: ListQuery) -> Suggestions:
    """Return what an unfinished search may find, in stock first on ties; at most 5 queries."""
    query = parse(wanted.search)
    if query.is_empty or wanted.search_error or len(wanted.search) < _SHORTEST_SUGGESTED:
        return Suggestions()
    expanded = expand(query, typing=True)
    if not all(one.is_known for one in expanded.constraints):
        return Suggestions()
    found = Product.objects.browsable().filter(product_condition(expanded)).order_by()
    scores = dict(found.values_list("pk", relevance(expanded, wanted.search))[:_MOST_CANDIDATES])
    tie, places = (index := current()).rank("tie"), index.places
    known = [pk for pk in scores if pk in places]
    known.sort(key=lambda pk: (-scores[pk], tie[places[pk]]))
    pages = () if query.quantities else _pages(expanded)[:_MOST_PAGES]
    return Suggestions(cards_of(known[:_MOST_PRODUCTS]), pages, _matched(expanded))


def _read(index: Index, expanded: Expanded, wanted: ListQuery, source: Source) -> PageOfCards:
    found = _source(expanded, wanted, source)
    return listing.read(index, found, wanted) if found else _NO_CARDS


def _source(expanded: Expanded, wanted: ListQuery, source: Source) -> Source | None:
    """Return the products that match, best first; None if there are none. One query."""
    is_possible = expanded.any_is_enough or all(one.is_known for one in expanded.constraints)
    if not is_possible or not (expanded.constraints or expanded.quantities):
        return None
    score = Value(0) if wanted.sort else relevance(expanded, wanted.search, "")
    scores = dict(matching_products(expanded).values_list("product", score))
    if not scores:
        return None

    def best_first(index: Index, bits: int) -> list[int]:
        tie = index.rank("tie")
        pks = {place: index.listed[place].pk for place in as_places(bits)}
        sold = as_flags(index.sold, len(index.listed))

        def key(place: int) -> tuple[int, int]:
            penalty = 0 if sold[place] == "1" else DISCONTINUED_PENALTY
            return penalty - scores[pks[place]], tie[place]

        return [pks[place] for place in sorted(pks, key=key)]

    return replace(source, select=lambda index: index.of(scores), best_first=best_first)


def _pages(expanded: Expanded) -> tuple[FoundPage, ...]:
    found = matching_pages(expanded.constraints)
    return tuple(FoundPage(one.type, one.name, one.url) for one in found)


# --- Nothing matches -----------------------------------------------------------------------------


def _closest(
    index: Index, results: Results, all_of: Expanded, wanted: ListQuery, source: Source
) -> tuple[Results, Expanded]:
    """Drop the one constraint without which the fewest products match, a quantity rather than a
    word; or match any word."""
    fewer = _with_one_dropped(all_of)
    matching = _matching([expanded for _, expanded in fewer])
    found = [
        (expanded.quantities == all_of.quantities, count, text, expanded)
        for products, (text, expanded) in zip(matching, fewer, strict=True)
        if (count := index.of(products).bit_count())
    ]
    if found:
        *_, text, expanded = min(found, key=lambda one: one[:2])
        page = _read(index, expanded, wanted, source)
        return replace(results, dropped=text, page=page), expanded
    known = tuple(one for one in all_of.constraints if one.is_known)
    if not known:
        return results, all_of
    some_of = replace(all_of, constraints=known, quantities=(), any_is_enough=True)
    return replace(results, is_partial=True, page=_read(index, some_of, wanted, source)), some_of


def _with_one_dropped(expanded: Expanded) -> list[tuple[str, Expanded]]:
    """Return what is dropped and what remains, for each constraint; an unknown word must go."""
    words, quantities = expanded.constraints, expanded.quantities
    unknown = [one for one in words if not one.is_known]
    if len(words) + len(quantities) < 2 or len(unknown) > 1:
        return []
    fewer = [
        (one.text, replace(expanded, constraints=tuple(word for word in words if word != one)))
        for one in unknown or words
    ]
    if not unknown:
        fewer += [
            (
                one.quantity.text,
                replace(expanded, quantities=tuple(each for each in quantities if each != one)),
            )
            for one in quantities
        ]
    return fewer


def _matching(several: list[Expanded]) -> list[list[int]]:
    """Return the IDs of the products that match each of these, public or not, with one query."""
    found: list[list[int]] = [[] for _ in several]
    if not several:
        return found
    first, *others = (
        matching_products(one).values_list(Value(place), "product")
        for place, one in enumerate(several)
    )
    for place, product in first.union(*others, all=True) if others else first:
        found[place].append(product)
    return found


# --- Texts ---------------------------------------------------------------------------------------


def _corrected(text: str, expanded: Expanded) -> str:
    for typed, word in expanded.corrections:
        text = re.sub(rf"(?i)(?<!\w){re.escape(typed)}(?!\w)", word, text)
    return text if expanded.corrections else ""


def _matched(expanded: Expanded) -> tuple[str, ...]:
    words = {
        word + "*" * (phrase.is_prefix and word == phrase.words[-1])
        for one in expanded.constraints
        for phrase in one.phrases
        for word in phrase.words
    }
    return tuple(sorted(words))
