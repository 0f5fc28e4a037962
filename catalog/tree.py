"""The category tree in one query: for menus, breadcrumbs and lists of sub-categories."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import reverse

from catalog.models import Category

_COLUMNS = (
    "pk", "path", "name", "slug", "description", "exclude_from_menu", "meta_title",
    "meta_description",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Node:
    """A category that shoppers may see, with its place in the tree."""

    pk: int
    path: str
    name: str
    full_slug: str
    description: str
    in_menu: bool
    meta_title: str
    meta_description: str
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the address of the category's page, the same that Oscar's model gives."""
        return reverse(
            "catalogue:category", kwargs={"category_slug": self.full_slug, "pk": self.pk}
        )

    @property
    def trail(self) -> "list[Node]":
        """Return the way down from the top, this category last."""
        return [*(self.parent.trail if self.parent else []), self]

    def branch(self) -> "Iterator[Node]":
        """Yield this category and all below it."""
        yield self
        for child in self.children:
            yield from child.branch()


class Tree:
    """All categories that may be seen, in the order that staff gave them."""

    def __init__(self, rows: Iterable[tuple]) -> None:
        self.roots: list[Node] = []
        self.by_pk: dict[int, Node] = {}
        by_path: dict[str, Node] = {}
        for pk, path, name, slug, text, hidden, title, meta in rows:
            above = path[: -Category.steplen]
            parent = by_path.get(above)
            if above and parent is None:
                continue  # something above it is not public
            full_slug = f"{parent.full_slug}/{slug}" if parent else slug
            node = Node(
                pk, path, name, full_slug, text, not hidden, title or "", meta or "", parent
            )
            (parent.children if parent else self.roots).append(node)
            by_path[path] = self.by_pk[pk] = node


def load() -> Tree:
    """Return the tree as the database has it now: one query."""
    rows = Category.objects.filter(is_public=True).order_by("path")
    return Tree(rows.values_list(*_COLUMNS))


def of(request: HttpRequest) -> Tree:
    """Return the tree for this request; menu, breadcrumbs and page share one reading."""
    if not hasattr(request, "_category_tree"):
        request._category_tree = load()
    return request._category_tree
