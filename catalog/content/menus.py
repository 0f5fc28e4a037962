"""The links of staff in the menus of every page."""

from typing import NamedTuple

from django.http import HttpRequest

from catalog.content.models import MenuEntry
from microflight.core.page_cache import process_cached
from microflight.core.scheduled import active


class MenuLink(NamedTuple):
    """A link as templates show it."""

    menu: str
    label: str
    url: str


def links(request: HttpRequest) -> tuple[MenuLink, ...]:
    """Return the links that are shown now, in order. A process reads them once a minute."""
    rows = process_cached(request, "menu entries", lambda: list(MenuEntry.objects.not_ended()))
    return tuple(MenuLink(row.menu, row.label, row.link) for row in active(request, rows))
