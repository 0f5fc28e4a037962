"""The category menu: read at most once a minute, for all visitors together."""

from dataclasses import dataclass

from django.core.cache import cache
from django.urls import NoReverseMatch, reverse

from catalog.models import Category

MENU_KEY = "site:menu"
MENU_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A category in the menu, with the categories right below it."""

    name: str
    url: str
    children: tuple["Entry", ...] = ()


def menu() -> tuple[Entry, ...]:
    """Return the public categories of the first two levels, in the order staff gave them."""
    entries = cache.get(MENU_KEY)
    if entries is None:
        entries = read_menu()
        cache.set(MENU_KEY, entries, MENU_SECONDS)
    return entries


def forget_menu() -> None:
    """Let the next page read the categories again."""
    cache.delete(MENU_KEY)


def read_menu() -> tuple[Entry, ...]:
    """Read the menu from the database with one query."""
    tops: list[tuple[Category, list[Category]]] = []
    for category in Category.objects.filter(is_public=True, depth__lte=2).order_by("path"):
        if category.depth == 1:
            tops.append((category, []))
        elif tops and category.path.startswith(tops[-1][0].path):
            tops[-1][1].append(category)
    return tuple(_entry(top, children) for top, children in tops)


def _entry(top: Category, children: list[Category]) -> Entry:
    below = tuple(Entry(c.name, _url(c, f"{top.slug}/{c.slug}")) for c in children)
    return Entry(top.name, _url(top, top.slug), below)


def _url(category: Category, slug: str) -> str:
    """The address of a category, put together here so that no ancestor is looked up."""
    try:
        return reverse("catalogue:category", kwargs={"category_slug": slug, "pk": category.pk})
    except NoReverseMatch:
        return "/"
