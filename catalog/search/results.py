"""Product search in the database."""

from typing import Any

from django.db.models import Case, Q, When

from catalog.listing import ALL_PRODUCTS, ListQuery, PageOfCards, arranged, read_page
from catalog.search_text import words_of

MAX_WORDS = 8  # of a query; the rest is ignored


def search_products(wanted: ListQuery) -> PageOfCards:
    """Return a page of the public products that match: each word must begin one of theirs.

    Unless another sorting is chosen, an exact SKU comes first, then titles with more of the words.
    Raises Http404 for a page past the end.
    """
    words = list(dict.fromkeys(words_of(wanted.search)))[:MAX_WORDS]
    if not words:
        return PageOfCards((), 0, 1, 1)
    matches = (Q(search_text__contains=f" {word}") for word in words)
    products = ALL_PRODUCTS.filter(*matches)
    order = () if wanted.sort else _best_first(wanted.search, words)
    return read_page(arranged(products, wanted, order), wanted.page)


def _best_first(query: str, words: list[str]) -> tuple[Any, ...]:
    score = sum(
        (Case(When(title__icontains=word, then=1), default=0) for word in words),
        Case(When(upc__iexact=query, then=100), default=0),
    )
    return score.desc(), "-priority", "title", "pk"
