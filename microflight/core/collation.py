"""Names in the order of a dictionary: `Côte d'Ivoire` before `Croatia`, on both databases."""

from typing import Any

from django.db.backends.signals import connection_created
from django.db.models.functions import Collate
from django.dispatch import receiver

from microflight.core.text import fold

#: PostgreSQL's own, by the Unicode collation algorithm. SQLite has none and gets `_compare`.
_COLLATION = "und-x-icu"


def by_name(field: str) -> Collate:
    """Return an expression for `order_by`."""
    return Collate(field, _COLLATION)


def _compare(one: str, other: str) -> int:
    first, second = (fold(one), one), (fold(other), other)
    return (first > second) - (first < second)


@receiver(connection_created, dispatch_uid="collation")
def _add_to_sqlite(connection: Any, **more: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_collation(_COLLATION, _compare)
