"""Product search in the database."""

from catalog.listing import ListQuery, PageOfCards, read_page
from catalog.queries import Clause
from catalog.search.tokens import words_of

MAX_WORDS = 8  # of a query; the rest is ignored


def search_products(wanted: ListQuery) -> PageOfCards:
    """Return a page of the public products that match: each word must begin one of theirs.

    Unless another sorting is chosen, an exact SKU comes first, then titles with more of the words.
    Raises Http404 for a page past the end.
    """
    words = list(dict.fromkeys(words_of(wanted.search)))[:MAX_WORDS]
    if not words:
        return PageOfCards((), 0, 1, 1)
    # words are letters, digits and points: nothing in them that LIKE would read otherwise
    found = [Clause("p.search_text LIKE %s", (f"% {word}%",)) for word in words]
    return read_page(wanted, *found, order=None if wanted.sort else _best(wanted.search, words))


def _best(query: str, words: list[str]) -> Clause:
    score = "CASE WHEN LOWER(p.upc) = %s THEN 100 ELSE 0 END" + (
        " + CASE WHEN LOWER(p.title) LIKE %s THEN 1 ELSE 0 END" * len(words)
    )
    parameters = (query.lower(), *(f"%{word}%" for word in words))
    return Clause(f"{score} DESC, p.priority DESC, p.title, p.id", parameters)
