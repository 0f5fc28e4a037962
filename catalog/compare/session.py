"""The products that a visitor compares: up to four IDs in the session, which a login keeps."""

from typing import Any

MAX_PRODUCTS = 4
KEY = "compare"


def product_ids(session: Any) -> list[int]:
    """Return the IDs in the order in which they were added; invalid data is ignored."""
    found = session.get(KEY, [])
    if not isinstance(found, list):
        return []
    return [pk for pk in found if isinstance(pk, int)][:MAX_PRODUCTS]


def remove(session: Any, pk: int) -> None:
    """Remove a product if it is in the comparison."""
    save(session, [one for one in product_ids(session) if one != pk])


def save(session: Any, pks: list[int]) -> None:
    """Replace the comparison; an empty one leaves nothing in the session."""
    if pks:
        session[KEY] = pks
    else:
        session.pop(KEY, None)
