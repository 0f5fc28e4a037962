"""From what was typed to what documents say: synonyms, other spellings, corrected typos."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_

from django.db.models import BooleanField, Q, QuerySet, Value

from catalog.search_index.backends import backend
from catalog.search_index.expression import Constraint, Phrase
from catalog.search_index.models import SearchWord, Synonym
from catalog.search_index.query import Query, Term, Wanted
from catalog.search_index.word_forms import words_of

MAX_CORRECTED = 3  # words of one search
_SHORTEST_PREFIX = 2


@dataclass(slots=True)
class Lexicon:
    """What the database knows about the words of one query."""

    words: dict[str, str] = field(default_factory=dict)  # how each is written
    of_attributes: set[str] = field(default_factory=set)
    synonyms: dict[str, str] = field(default_factory=dict)

    def has(self, word: str) -> bool:
        """Tell whether a document has this word."""
        return word in self.words

    def begins(self, word: str) -> bool:
        """Tell whether a word of a document begins like this."""
        return len(word) >= _SHORTEST_PREFIX and any(one.startswith(word) for one in self.words)


@dataclass(frozen=True, slots=True)
class Expanded:
    """A query as documents are compared with it."""

    constraints: tuple[Constraint, ...]
    quantities: tuple[Wanted, ...]  # `near` has only the words that name an attribute
    excluded: tuple[tuple[str, ...], ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()  # typed words and those used instead
    any_is_enough: bool = False  # of the constraints


def expand(query: Query, *, typing: bool = False) -> Expanded:
    """Return constraints for a query, with 1 statement, and up to 4 more if words are unknown.

    `typing` says that the last word may be unfinished.
    """
    lexicon = _read(query)
    corrections: dict[str, str] = {}
    if not typing:
        for term in _unknown(query.terms, lexicon):
            if len(corrections) < MAX_CORRECTED and (word := _correct(term.words[0])):
                corrections[term.text] = word
    if corrections:
        terms = [
            Term(corrections[term.text], tuple(words_of(corrections[term.text])))
            if term.text in corrections
            else term
            for term in query.terms
        ]
        query = replace(query, terms=tuple(terms))
        lexicon = _read(query)
    return Expanded(
        constraints=tuple(_constraints(query.terms, lexicon, typing)),
        quantities=tuple(_named(one, lexicon) for one in query.quantities),
        excluded=query.excluded,
        corrections=tuple(corrections.items()),
    )


# --- What is known -------------------------------------------------------------------------------


def _read(query: Query) -> Lexicon:
    """Look up all words of a query, what they may be joined or split to, and synonyms."""
    terms = [term for term in query.terms if not term.is_phrase]
    exact = {word for one in query.quantities for word in one.near}
    exact |= {word for term in terms for word in (*term.words, term.compound)}
    exact |= {first + second for first, second in _pairs(terms)}
    exact |= {half for term in terms for pair in _splits(term) for half in pair}
    beginnings = {word for term in terms for word in (term.compound, *term.words)}
    conditions = [
        Q(stem=SearchWord.objects.filter(stem__startswith=word).values("stem")[:1])
        for word in sorted(beginnings)
        if len(word) >= _SHORTEST_PREFIX
    ]
    known: QuerySet = SearchWord.objects.filter(reduce(or_, conditions, Q(stem__in=sorted(exact))))
    rows = known.values_list("stem", "word", "names_attribute").union(
        Synonym.objects.order_by()
        .filter(key__in=[key for _, _, key in _groups(terms)])
        .annotate(no_word=Value(None, output_field=BooleanField()))
        .values_list("key", "means", "no_word"),
        all=True,
    )
    lexicon = Lexicon()
    for key, text, names_attribute in rows:
        if names_attribute is None:
            lexicon.synonyms[key] = text
        else:
            lexicon.words[key] = text
            if names_attribute in (True, 1):
                lexicon.of_attributes.add(key)
    return lexicon


def _pairs(terms: list[Term]) -> Iterator[tuple[str, str]]:
    for first, second in zip(terms, terms[1:], strict=False):
        if len(first.words) == len(second.words) == 1:
            yield first.words[0], second.words[0]


def _splits(term: Term) -> Iterator[tuple[str, str]]:
    word = term.compound
    if word.isalpha() and len(word) >= 5:
        for place in range(2, len(word) - 1):
            yield word[:place], word[place:]


def _groups(terms: list[Term]) -> Iterator[tuple[int, int, str]]:
    """Yield start, length and key of each group of up to three terms, the longest first."""
    for length in (3, 2, 1):
        for start in range(len(terms) - length + 1):
            group = terms[start : start + length]
            yield start, length, " ".join(word for term in group for word in term.words)


# --- Typos ---------------------------------------------------------------------------------------


def _unknown(terms: tuple[Term, ...], lexicon: Lexicon) -> Iterator[Term]:
    plain = [term for term in terms if not term.is_phrase]
    explained = {
        term.text
        for start, length, key in _groups(plain)
        if key in lexicon.synonyms
        for term in plain[start : start + length]
    }
    for term in plain:
        word = term.words[0]
        known = lexicon.begins(word) or any(
            lexicon.has(first) and lexicon.has(second) for first, second in _splits(term)
        )
        is_word = len(term.words) == 1 and len(word) >= 4 and word.isalpha()
        if is_word and not known and term.text not in explained:
            yield term


def _correct(word: str) -> str:
    """Return the known word that differs least from this one; empty if none is similar."""
    limit = 1 if len(word) < 6 else 2 if len(word) < 10 else 3
    ranked = sorted(
        (distance(word, one.stem), -one.documents, one.word)
        for one in backend().similar(word)
        if one.stem.isalpha() and abs(len(one.stem) - len(word)) <= limit
    )
    return ranked[0][2] if ranked and ranked[0][0] <= limit else ""


def distance(one: str, other: str) -> int:
    """Return how many letters to insert, delete, replace or swap with the next (optimal string
    alignment)."""
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        two_above, above, row = above, row, [i]
        for j, wanted in enumerate(other, 1):
            best = min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, two_above[j - 2] + 1)
            row.append(best)
    return row[-1]


# --- Constraints ---------------------------------------------------------------------------------


def _constraints(terms: tuple[Term, ...], lexicon: Lexicon, typing: bool) -> Iterator[Constraint]:
    for term in terms:
        if term.is_phrase:
            yield Constraint(f'"{term.text}"', (Phrase(term.words),))
    plain = [term for term in terms if not term.is_phrase]
    start = 0
    while start < len(plain):
        length, phrases = _longest(plain, start, lexicon)
        group = plain[start : start + length]
        start += length
        is_last = typing and start == len(plain)
        if not phrases:
            yield from _of_term(group[0], lexicon, is_last)
            continue
        if is_last:
            phrases = [replace(one, is_prefix=True) for one in phrases]
        yield Constraint(" ".join(term.text for term in group), tuple(dict.fromkeys(phrases)))


def _longest(plain: list[Term], start: int, lexicon: Lexicon) -> tuple[int, list[Phrase]]:
    """Return how many terms from here have a synonym or are one word, and what they may be."""
    for length in (3, 2, 1):
        group = plain[start : start + length]
        words = tuple(word for term in group for word in term.words)
        if len(group) == length and (means := lexicon.synonyms.get(" ".join(words))):
            others = [tuple(words_of(text)) for text in means.split(",")]
            return length, [Phrase(one) for one in (words, *others) if one]
        together = "".join(words)
        if length == 2 == len(words) == len(group) and lexicon.has(together):
            return length, [Phrase(words), Phrase((together,))]
    return 1, []


def _of_term(term: Term, lexicon: Lexicon, is_last: bool) -> Iterator[Constraint]:
    whole = term.compound
    if lexicon.has(whole) or lexicon.begins(whole):
        phrase = Phrase((whole,), is_prefix=is_last or not lexicon.has(whole))
        yield Constraint(term.text, (phrase, Phrase(term.words)))
        return
    for first, second in _splits(term):
        if lexicon.has(first) and lexicon.has(second):
            yield Constraint(term.text, (Phrase((first, second)),))
            return
    for word in term.words:
        known = lexicon.has(word)
        is_prefix = not known and lexicon.begins(word)
        yield Constraint(word, (Phrase((word,), is_prefix),), known or is_prefix)


def _named(wanted: Wanted, lexicon: Lexicon) -> Wanted:
    names = tuple(word for word in wanted.near if word in lexicon.of_attributes)
    return replace(wanted, near=names)
