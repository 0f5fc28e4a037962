"""Links results to the variant that a search names: its SKU, a word of its title, a quantity."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from catalog.cards import Card
from catalog.models import Product
from catalog.search_index.expansion import Expanded
from catalog.search_index.expression import Phrase
from catalog.search_index.units import values_in
from catalog.search_index.word_forms import sku_words, words_of
from catalog.variant_urls import variant_url


def linked(cards: tuple[Card, ...], expanded: Expanded) -> tuple[Card, ...]:
    """Return the cards; those of products of which one variant matches best link to it.

    One query if some have variants.
    """
    parents = [card.pk for card in cards if card.has_variants]
    if not parents or expanded.any_is_enough:
        return cards
    variants: Any = Product.objects.filter(parent__in=parents, is_public=True).order_by("pk")
    scores: dict[int, dict[str, int]] = {}
    for pk, parent, slug, sku, title in variants.values_list(
        "pk", "parent", "parent__slug", "upc", "title"
    ):
        url = variant_url(slug, parent, sku or "", pk)
        scores.setdefault(parent, {})[url] = _score(expanded, title, sku or "")
    return tuple(_card(card, _best(scores.get(card.pk, {}))) for card in cards)


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


def _best(scores: dict[str, int]) -> str:
    """Return the URL of the variant that matches more than all others; empty if there is none."""
    ranked = sorted(scores.values(), reverse=True)
    if len(ranked) < 2 or ranked[0] == ranked[1]:
        return ""
    return max(scores, key=lambda url: scores[url])


@lru_cache(maxsize=1_024)  # pages compare cards by identity
def _with_url(card: Card, url: str) -> Card:
    return replace(card, url=url)


def _card(card: Card, url: str) -> Card:
    return _with_url(card, url) if url else card
