"""SQLite: an FTS5 table of the documents, and one with the trigrams of known words."""

from functools import reduce
from operator import add
from typing import Any

from django.db.models import Case, FloatField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from catalog.search_index.expression import Constraint, Expression, Phrase
from catalog.search_index.models import SearchWord

_DOCUMENTS = "SELECT rowid FROM search_fts WHERE search_fts MATCH %s"
_WORDS = "SELECT rowid FROM search_trigrams WHERE search_trigrams MATCH %s ORDER BY rank LIMIT 60"
_FIELDS = ("title", "sku", "attributes", "body")


class Sqlite:
    """See `Backend`."""

    def matches(self, wanted: Expression, path: str) -> Any:
        """Return the condition that a document matches."""
        operator = " OR " if wanted.any_is_enough else " AND "
        text = operator.join(f"({_any(one.phrases)})" for one in wanted.constraints)
        return _found(text, path)

    def has(self, phrase: Phrase, field: str, path: str) -> Any:
        """Return the condition that a field of a document has a phrase."""
        return _found(f"{field} : {_phrase(phrase)}", path)

    def score(self, wanted: Constraint, weights: tuple[float, ...], path: str) -> Any:
        """Return the sum of the weights of the fields that match. Each condition is one lookup for
        all rows; bm25 cannot be used where rows are counted or joined."""
        phrases = _any(wanted.phrases)
        in_fields = [
            Case(
                When(_found(f"{name} : ({phrases})", path), then=Value(weight)),
                default=Value(0.0),
                output_field=FloatField(),
            )
            for name, weight in zip(_FIELDS, weights, strict=True)
        ]
        return reduce(add, in_fields)

    def similar(self, word: str) -> QuerySet[SearchWord]:
        """Return a queryset of known words with some of the same trigrams, 60 at most."""
        trigrams = {word[start : start + 3] for start in range(len(word) - 2)}
        found = RawSQL(_WORDS, [" OR ".join(f'"{one}"' for one in sorted(trigrams))])  # noqa: S611 (parameters)
        return SearchWord.objects.filter(pk__in=found) if trigrams else SearchWord.objects.none()


def _found(match: str, path: str) -> Q:
    return Q(**{f"{path}pk__in": RawSQL(_DOCUMENTS, [match])})  # noqa: S611 (parameters)


def _any(phrases: tuple[Phrase, ...]) -> str:
    return " OR ".join(_phrase(one) for one in phrases)


def _phrase(phrase: Phrase) -> str:
    """Return a phrase; words have letters, digits and points only, so quotes are safe."""
    return f'"{" ".join(phrase.words)}"' + " *" * phrase.is_prefix
