"""The category tree, read with one query: for menus, breadcrumbs and subcategories."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import reverse

from catalog.models import Category
from microflight.core.page_cache import process_cached

_COLUMNS = (
    "pk",
    "path",
    "name",
    "slug",
    "description",
    "exclude_from_menu",
    "meta_title",
    "meta_description",
)


@dataclass(slots=True, eq=False)
class Node:
    """A public category with its position in the tree."""

    pk: int
    path: str
    name: str
    full_slug: str
    url: str  # the same as Category.get_absolute_url()
    description: str
    in_menu: bool
    meta_title: str
    meta_description: str
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)

    @property
    def trail(self) -> "list[Node]":
        """Return the path from the top level, this category last."""
        return [*(self.parent.trail if self.parent else []), self]

    def branch(self) -> "Iterator[Node]":
        """Yield this category and all below it."""
        yield self
        for child in self.children:
            yield from child.branch()


class Tree:
    """All public categories, in display order."""

    def __init__(self, rows: Iterable[tuple]) -> None:
        self.roots: list[Node] = []
        self.by_pk: dict[int, Node] = {}
        by_path: dict[str, Node] = {}
        for pk, path, name, slug, text, hidden, title, meta in rows:
            above = path[: -Category.steplen]
            parent = by_path.get(above)
            if above and parent is None:
                continue  # an ancestor is not public
            full_slug = f"{parent.full_slug}/{slug}" if parent else slug
            url = reverse("catalogue:category", kwargs={"category_slug": full_slug, "pk": pk})
            details = (text, not hidden, title or "", meta or "")
            node = Node(pk, path, name, full_slug, url, *details, parent)
            (parent.children if parent else self.roots).append(node)
            by_path[path] = self.by_pk[pk] = node


def load() -> Tree:
    """Read the tree from the database, with one query."""
    rows = Category.objects.filter(is_public=True).order_by("path")
    return Tree(rows.values_list(*_COLUMNS))


def of(request: HttpRequest) -> Tree:
    """Return the tree, which is cached in the process."""
    return process_cached(request, "category tree", load)
