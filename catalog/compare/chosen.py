"""Which products a visitor compares: up to four ids in the session."""

from typing import Any

MOST = 4
KEY = "compare"


def chosen(session: Any) -> list[int]:
    """Return the ids in the order in which they were added; garbage in the session is left out."""
    found = session.get(KEY, [])
    return [pk for pk in found if isinstance(pk, int)][:MOST] if isinstance(found, list) else []


def add(session: Any, pk: int) -> bool:
    """Add a product; False, and no change, where four others are there already."""
    pks = chosen(session)
    if pk not in pks:
        if len(pks) == MOST:
            return False
        session[KEY] = [*pks, pk]
    return True


def remove(session: Any, pk: int) -> None:
    """Take a product out, if it is in."""
    keep(session, [one for one in chosen(session) if one != pk])


def keep(session: Any, pks: list[int]) -> None:
    """Keep only these; an empty list leaves nothing in the session."""
    if pks:
        session[KEY] = pks
    else:
        session.pop(KEY, None)
