"""Links results to the variant that a search names: its SKU, a word of its title, a quantity."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from django.utils.http import urlencode

from catalog.cards import Card
from catalog.search_index.expansion import Expanded
from catalog.search_index.expression import Phrase
from catalog.search_index.units import values_in
from catalog.search_index.word_forms import sku_words, words_of
from catalog.variant_urls import PARAMETER


def linked(cards: tuple[Card, ...], expanded: Expanded) -> tuple[Card, ...]:
    """Return the cards; those of products of which one variant matches best link to it."""
    if expanded.any_is_enough:
        return cards
    return tuple(_card(card, _best(card, expanded)) for card in cards)


def _score(expanded: Expanded, title: str, sku: str) -> int:
    """Return how many words and quantities of a search a variant itself has."""
    words = {*words_of(title), *sku_words(sku)}
    values = values_in(title)
    return sum(
        any(_has(words, phrase) for phrase in one.phrases) for one in expanded.constraints
    ) + sum(
        any(
            dimension == one.quantity.dimension
            and (one.quantity.low is None or value >= one.quantity.low)
            and (one.quantity.high is None or value <= one.quantity.high)
            for dimension, value in values
        )
        for one in expanded.quantities
    )


def _has(words: Iterable[str], phrase: Phrase) -> bool:
    *whole, last = phrase.words
    begins = any(word.startswith(last) if phrase.is_prefix else word == last for word in words)
    return begins and set(whole) <= set(words)


def _best(card: Card, expanded: Expanded) -> str:
    """Return SKU or ID of the variant that matches more than all others; empty if there is none."""
    scores = {sku or str(pk): _score(expanded, title, sku) for pk, sku, title in card.variants}
    ranked = sorted(scores.values(), reverse=True)
    if len(ranked) < 2 or ranked[0] == ranked[1]:
        return ""
    return max(scores, key=lambda name: scores[name])


@lru_cache(maxsize=1_024)  # pages compare cards by identity
def _with_variant(card: Card, name: str) -> Card:
    return replace(card, url=f"{card.url}?{urlencode({PARAMETER: name})}")


def _card(card: Card, name: str) -> Card:
    return _with_variant(card, name) if name else card
