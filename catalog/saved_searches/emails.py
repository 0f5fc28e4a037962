"""The emails: confirm your address, and new matches. Secret links are made in the worker."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from catalog.cards import Card, cards_of
from catalog.saved_searches.links import LINKS
from catalog.saved_searches.matches import list_url
from catalog.saved_searches.models import SavedSearch
from microflight.core.units import NO_BREAK

SHOWN = 10  # products in one email


def confirm_saved_search(search: SavedSearch) -> None:
    """Send the link that confirms the address; each attempt gets its own email."""
    cause = f"saved-search:{search.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
    data = {"search": search.pk}
    outbox.add("confirm-saved-search", subject_id=cause, to=search.email, data=data)


def saved_search(search: SavedSearch, products: Sequence[int]) -> None:
    """Say that products match the search, once for each of them."""
    cause = f"saved-search:{search.pk}:{products[0]}:{timezone.now():%Y%m%d%H%M%S%f}"
    data = {"search": search.pk, "products": list(products[:SHOWN]), "total": len(products)}
    outbox.add("saved-search", subject_id=cause, to=search.email, data=data)


def _search(message: Message) -> SavedSearch:
    found = SavedSearch.objects.filter(pk=message.data["search"]).first()
    if found is None:
        raise NoLongerNeeded("The saved search was cancelled.")
    return found


def product_line(card: Card) -> dict[str, str]:
    """Return what the email shows of a product."""
    facts = (f"{card.weight}{NO_BREAK}{card.weight_unit}", card.price, card.stock.short_message)
    return {
        "title": card.title,
        "url": settings.SITE_URL + card.url,
        "facts": ", ".join(filter(None, map(str, facts))),
    }


@renders("confirm-saved-search", keep=False, urgent=True)
def confirmation_context(message: Message) -> dict[str, Any]:
    """Return the link that confirms the address. The email does not repeat the search: anyone can
    type any text and any address."""
    search = _search(message)
    hours = int(LINKS.confirm_within.total_seconds() // 3600)
    return {"link": LINKS.confirm_url(search.pk), "hours": hours}


@renders("saved-search")
def saved_search_context(message: Message) -> dict[str, Any]:
    """Return the new matches, and the link that ends the saved search."""
    search = _search(message)
    cards = cards_of(message.data["products"])
    if not cards:
        raise NoLongerNeeded("None of the products is public any more.")
    return {
        "name": search.name,
        "products": [product_line(card) for card in cards],
        "more": message.data["total"] - len(message.data["products"]),
        "list_url": settings.SITE_URL + list_url(search.query),
        "end_url": LINKS.cancel_url(search.pk),
    }
