"""Manuals as search finds them: the text of their current revisions."""

from catalog.manuals.models import Manual
from catalog.search_index import pages
from catalog.search_index.expansion import expand
from catalog.search_index.matching import matching_pages
from catalog.search_index.models import SearchDocument
from catalog.search_index.pages import Page
from catalog.search_index.query import Query, Term, parse
from catalog.search_index.word_forms import words_of

_MANUAL = SearchDocument.Type.MANUAL
MOST_FOUND = 200  # manuals of one search
_MOST_WORDS = 20


def refresh(manual: Manual) -> None:
    """Update the search document of a manual after a change; delete it if it is not published."""
    pages.replace_page(_MANUAL, str(manual.pk), _page(manual) if _is_found(manual) else None)


def matching(text: str) -> list[int]:
    """Return the IDs of the manuals whose texts have all of these words, best first."""
    query = parse(text)
    if query.quantities:  # “50 mAh” in a text is two words, and no quantity of a product
        words = dict.fromkeys(words_of(text))
        query = Query(tuple(Term(word, (word,)) for word in list(words)[:_MOST_WORDS]))
    found = matching_pages(expand(query).constraints, types=(_MANUAL,), most=MOST_FOUND)
    return [int(document.key) for document in found]


def _is_found(manual: Manual) -> bool:
    return Manual.objects.published().filter(pk=manual.pk).exists()


def _page(manual: Manual) -> Page:
    revision = manual.revisions.published().order_by("-number")[0]
    names = " ".join(f"{one.title} {one.upc}" for one in manual.products.filter(is_public=True))
    return str(manual.pk), manual.title, manual.get_absolute_url(), f"{revision.text} {names}"


def _pages() -> list[Page]:
    return [_page(manual) for manual in Manual.objects.published()]


pages.register(_MANUAL, _pages)
