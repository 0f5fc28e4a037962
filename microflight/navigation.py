"""The category menu."""

from dataclasses import dataclass

from django.http import HttpRequest

from catalog import tree
from microflight.core.page_cache import process_cached


@dataclass(frozen=True, slots=True)
class Entry:
    """A category in the menu, with its subcategories."""

    name: str
    url: str
    children: tuple["Entry", ...] = ()


def menu(request: HttpRequest) -> tuple[Entry, ...]:
    """Return the categories of the first two levels that are in the menu."""
    return process_cached(request, "menu", lambda: _entries(tree.of(request).roots, deeper=True))


def _entries(nodes: list[tree.Node], *, deeper: bool = False) -> tuple[Entry, ...]:
    return tuple(
        Entry(node.name, node.url, _entries(node.children) if deeper else ())
        for node in nodes
        if node.in_menu
    )
