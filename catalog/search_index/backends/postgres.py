"""PostgreSQL: a stored weighted tsvector with a GIN index; pg_trgm for similar words."""

from typing import Any

from django.contrib.postgres.lookups import TrigramSimilar
from django.contrib.postgres.search import SearchQueryField, SearchRank, TrigramSimilarity
from django.db.models import BooleanField, F, Func, Value
from django.db.models.functions import Cast

from catalog.search_index.expression import Constraint, Expression, Phrase
from catalog.search_index.models import SearchWord

_LABELS = {"title": "A", "sku": "B", "attributes": "C", "body": "D"}


class _Matches(Func):
    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


class Postgres:
    """See `Backend`."""

    def matches(self, wanted: Expression, path: str) -> Any:
        """Return the condition that a document matches."""
        operator = " | " if wanted.any_is_enough else " & "
        text = operator.join(f"({_any(one.phrases)})" for one in wanted.constraints)
        return _Matches(F(f"{path}vector"), _tsquery(text))

    def has(self, phrase: Phrase, field: str, path: str) -> Any:
        """Return the condition that a field of a document has a phrase."""
        return _Matches(F(f"{path}vector"), _tsquery(_phrase(phrase, _LABELS[field])))

    def score(self, wanted: Constraint, weights: tuple[float, ...], path: str) -> Any:
        """Return how well a document matches a constraint: about the sum of its fields' weights."""
        query = _tsquery(_any(wanted.phrases))
        return SearchRank(F(f"{path}vector"), query, weights=list(reversed(weights)))

    def similar(self, word: str) -> Any:
        """Return a queryset of known words with some of the same trigrams, 30 at most."""
        similar = SearchWord.objects.filter(TrigramSimilar(F("word"), Value(word)))
        return similar.order_by(TrigramSimilarity("word", word).desc(), "stem")[:30]


def _tsquery(text: str) -> Cast:
    return Cast(Value(text), SearchQueryField())


def _any(phrases: tuple[Phrase, ...]) -> str:
    return " | ".join(_phrase(one) for one in phrases)


def _phrase(phrase: Phrase, label: str = "") -> str:
    """Return a phrase; words have letters, digits and points only, so quotes are safe."""
    marks = [label] * (len(phrase.words) - 1) + ["*" * phrase.is_prefix + label]
    pairs = zip(phrase.words, marks, strict=True)
    return (
        "("
        + " <-> ".join(f"'{word}':{mark}" if mark else f"'{word}'" for word, mark in pairs)
        + ")"
    )
