"""From a visitor's words to products."""

from catalog.listing import PageOfCards, Wanted, read_page
from catalog.rows import Clause
from catalog.search.words import words_of

MOST = 8  # words that are looked for; the rest of a longer query is left out


def find(wanted: Wanted) -> PageOfCards:
    """Return a page of the public products in which every word begins some word.

    Best match first, where no other order is wanted: an exact SKU comes before titles with more
    of the words, those before the rest. Raises Http404 for a page past the end.
    """
    words = list(dict.fromkeys(words_of(wanted.words)))[:MOST]
    if not words:
        return PageOfCards((), 0, 1, 1)
    # words are letters, digits and points: nothing in them that LIKE would read otherwise
    found = [Clause("p.search_text LIKE %s", (f"% {word}%",)) for word in words]
    return read_page(wanted, *found, order=None if wanted.sort else _best(wanted.words, words))


def _best(query: str, words: list[str]) -> Clause:
    score = "CASE WHEN LOWER(p.upc) = %s THEN 100 ELSE 0 END" + (
        " + CASE WHEN LOWER(p.title) LIKE %s THEN 1 ELSE 0 END" * len(words)
    )
    parameters = (query.lower(), *(f"%{word}%" for word in words))
    return Clause(f"{score} DESC, p.priority DESC, p.title, p.id", parameters)
