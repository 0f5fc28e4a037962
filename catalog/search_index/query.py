"""What someone searched for: words, phrases, exclusions and quantities. No database."""

import re
from dataclasses import dataclass

from catalog.search_index.units import Found, Quantity, find_quantities, is_unit, join_quantities
from catalog.search_index.word_forms import plain, raw_words, stem, words_of
from microflight.core.text import one_line

MAX_TEXT = 200  # characters that are read; the search page accepts fewer
MAX_TERMS = 20
_MOST_JOINED = 6  # words of one compound, such as a SKU
_PHRASE = re.compile(r'(?<!\S)(-?)"([^"]+)"?')
_EXCLUDED = re.compile(r"(?<!\S)-([^\W\d_]\S*)")
_INCHES = re.compile(r"(?<=[0-9]) ?(?:”|″|''|\"(?=\s|$))")
#: Words that say nothing about a product; they count only if nothing else is left.
_FILLERS = frozenset(
    words_of(
        "a an the of for with and or in to from my your our i me we you it is are on at by do does "
        "how what which who fit need want buy find best good cheap some any have has can r c rc "
        "für mit und der die das ein eine pour avec de du le la et un une para con el lo y los"
    )
)


@dataclass(frozen=True, slots=True)
class Term:
    """One word, phrase or compound such as `rx-4ch` that results must have."""

    text: str  # as typed
    words: tuple[str, ...]  # as documents store them
    is_phrase: bool = False  # in quotation marks: no synonyms, no other spelling

    @property
    def compound(self) -> str:
        """Return its words as one: `rx-4ch` as `rx4ch`."""
        return stem("".join(raw_words(self.text)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quantity, and the words next to it, which may name its attribute."""

    quantity: Quantity
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed search. It is empty if nothing can match it."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()
    quantities: tuple[Wanted, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to look for."""
        return not (self.terms or self.quantities)


def parse(text: str) -> Query:
    """Return what a search text asks for. Never raises; reads at most MAX_TEXT characters."""
    text = one_line(text.replace("\0", " ")[:MAX_TEXT])
    if text.count('"') % 2 or "”" in text or "″" in text:
        text = _INCHES.sub(" in", text)
    phrases, excluded = [], []
    for sign, quoted in _PHRASE.findall(text):
        if words := tuple(words_of(quoted)[:MAX_TERMS]):
            excluded.append(words) if sign else phrases.append(Term(quoted, words, True))
    text = _PHRASE.sub(" ", text)
    excluded += [words for one in _EXCLUDED.findall(text) if (words := tuple(words_of(one)))]
    text = join_quantities(plain(_EXCLUDED.sub(" ", text)))
    found = find_quantities(text)
    terms = phrases + [_term(token) for token in _without(text, found).split()]
    return Query(
        terms=_useful([term for term in terms if term.words], bool(found)),
        excluded=tuple(excluded[:MAX_TERMS]),
        quantities=tuple(Wanted(one.quantity, _near(text, one)) for one in found[:MAX_TERMS]),
    )


def _without(text: str, found: list[Found]) -> str:
    for one in reversed(found):
        text = f"{text[: one.start]} {text[one.end :]}"
    return text


def _near(text: str, found: Found) -> tuple[str, ...]:
    before, after = words_of(text[: found.start])[-1:], words_of(text[found.end :])[:1]
    return tuple(before + after)


def _term(token: str) -> Term:
    return Term(token, tuple(words_of(token)[:_MOST_JOINED]))


def _useful(terms: list[Term], has_quantities: bool) -> tuple[Term, ...]:
    """Return the terms without repetitions, filler words and units without a number."""
    once = list({term.words: term for term in terms}.values())
    useful = [term for term in once if term.is_phrase or not _says_nothing(term.words)]
    if not useful and not has_quantities:
        useful = once
    return tuple(useful[:MAX_TERMS])


def _says_nothing(words: tuple[str, ...]) -> bool:
    return all(word in _FILLERS for word in words) or (len(words) == 1 and is_unit(words[0]))
