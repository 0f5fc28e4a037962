"""Full text of both databases behind one interface."""

from typing import Any, Protocol

from django.db import connection

from catalog.search_index.backends.postgres import Postgres
from catalog.search_index.backends.sqlite import Sqlite
from catalog.search_index.expression import Constraint, Expression, Phrase

#: What a match counts for in title, SKU, attributes and text.
WEIGHTS = (1.0, 0.6, 0.4, 0.1)


class Backend(Protocol):
    """Conditions and scores for querysets. `path` is the document's place: empty for querysets of
    documents, `search_document__` for those of products."""

    def matches(self, wanted: Expression, path: str) -> Any:
        """Return the condition that a document matches."""

    def has(self, phrase: Phrase, field: str, path: str) -> Any:
        """Return the condition that a field of a document has a phrase."""

    def score(self, wanted: Constraint, weights: tuple[float, ...], path: str) -> Any:
        """Return how well a document matches a constraint: about the sum of its fields' weights."""

    def similar(self, word: str) -> Any:
        """Return a queryset of known words with some of the same trigrams, 60 at most."""


def backend() -> Backend:
    """Return the one of the default database."""
    return Postgres() if connection.vendor == "postgresql" else Sqlite()
