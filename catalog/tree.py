"""The category tree in one query: for menus, breadcrumbs and lists of sub-categories."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse

from catalog.models import Category, ProductCategory
from microflight.core.page_cache import process_cached

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
    url: str  # the same that Oscar's model gives
    description: str
    in_menu: bool
    meta_title: str
    meta_description: str
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)

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
            place = {"category_slug": full_slug, "pk": pk}
            url = reverse("catalogue:category", kwargs=place)
            words = (text, not hidden, title or "", meta or "")
            node = Node(pk, path, name, full_slug, url, *words, parent)
            (parent.children if parent else self.roots).append(node)
            by_path[path] = self.by_pk[pk] = node


def load() -> Tree:
    """Return the tree as the database has it now: one query."""
    rows = Category.objects.filter(is_public=True).order_by("path")
    return Tree(rows.values_list(*_COLUMNS))


def of(request: HttpRequest) -> Tree:
    """Return the tree for this request; menu, breadcrumbs and pages share one reading."""
    return process_cached(request, "category tree", load)


def counts(request: HttpRequest) -> dict[int, int]:
    """Return how many public products lie right in each category, by its id."""
    return process_cached(request, "category counts", _read_counts)


def _read_counts() -> dict[int, int]:
    shown = ProductCategory.objects.filter(product__is_public=True, product__parent=None)
    number = Count("product_id", distinct=True)
    return dict(shown.order_by().values_list("category_id").annotate(number=number))
