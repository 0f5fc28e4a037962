"""Lists of products: search, sorting, stock filter and pagination from the query string."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import queries
from catalog.cards import Card, cards_of, images_of

PER_PAGE = 24
MAX_SEARCH = 100  # characters

SORTS = {
    "": _("Featured"),
    "price": _("Price: low to high"),
    "-price": _("Price: high to low"),
    "weight": _("Weight: light to heavy"),
    "-weight": _("Weight: heavy to light"),
    "name": _("Name"),
    "new": _("Newest"),
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query string of a list. Invalid values become the default."""

    search: str = ""
    sort: str = ""
    in_stock: bool = False
    page: int = 1

    @classmethod
    def read(cls, query: QueryDict) -> "ListQuery":
        """Read it from a query string; never raises."""
        sort, page = query.get("sort", ""), query.get("page", "")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
        return cls(
            search=" ".join(query.get("q", "").replace("\0", " ").split())[:MAX_SEARCH],
            sort=sort if sort in SORTS else "",
            in_stock=query.get("in_stock", "") in ("1", "on"),
            page=max(number, 1),
        )

    def urlencode(self, **changes: Any) -> str:
        """Return the shortest query string for this with some values changed; may be empty."""
        values = {"q": self.search, "sort": self.sort, "in_stock": self.in_stock, "page": self.page}
        values |= changes
        values["in_stock"] = "1" if values["in_stock"] else ""
        values["page"] = "" if values["page"] == 1 else values["page"]
        text = urlencode({key: value for key, value in values.items() if value})
        return f"?{text}" if text else ""


@dataclass(frozen=True, slots=True)
class PageOfCards:
    """One page of a list."""

    cards: tuple[Card, ...]
    total: int  # products in the whole list
    number: int
    last: int

    @property
    def numbers(self) -> list[int]:
        """Return the page numbers to link: first, last and nearby pages; 0 stands for a gap."""
        near = range(max(1, self.number - 2), min(self.last, self.number + 2) + 1)
        shown: list[int] = []
        for number in sorted({1, self.last, *near}):
            if shown and number - shown[-1] > 1:
                shown.append(0)
            shown.append(number)
        return shown


_AVAILABLE = "s.price IS NOT NULL AND s.num_in_stock > COALESCE(s.num_allocated, 0)"
_OWN = "FROM partner_stockrecord s WHERE s.product_id = p.id AND "
_OF_VARIANTS = (
    "FROM partner_stockrecord s JOIN catalogue_product v ON v.id = s.product_id "
    "WHERE v.parent_id = p.id AND v.is_public AND "
)
# Available now, itself or as one of its variants.
IN_STOCK = queries.Clause(
    f"(EXISTS (SELECT 1 {_OWN}{_AVAILABLE}) OR EXISTS (SELECT 1 {_OF_VARIANTS}{_AVAILABLE}))"
)
_LOWEST = (
    f"COALESCE((SELECT MIN(s.price) {_OWN}s.price IS NOT NULL), "
    f"(SELECT MIN(s.price) {_OF_VARIANTS}s.price IS NOT NULL))"
)
# Equal products always come in the same order.
_ORDERS = {
    "": "p.priority DESC, p.title, p.id",
    "price": f"{_LOWEST} ASC NULLS LAST, p.title, p.id",
    "-price": f"{_LOWEST} DESC NULLS LAST, p.title, p.id",
    "weight": "p.weight_g, p.title, p.id",
    "-weight": "p.weight_g DESC, p.title, p.id",
    "name": "p.title, p.id",
    "new": "p.date_created DESC, p.id DESC",
}


def in_categories(categories: Sequence[int]) -> queries.Clause:
    """Return the condition for products in any of these categories."""
    places = ", ".join(["%s"] * len(categories))
    inside = f"SELECT product_id FROM catalogue_productcategory WHERE category_id IN ({places})"  # noqa: S608 (placeholders)
    return queries.Clause(f"p.id IN ({inside})", tuple(categories))


def read_page(
    wanted: ListQuery, *clauses: queries.Clause, order: queries.Clause | None = None
) -> PageOfCards:
    """Return one page of the products that meet the clauses, with two queries.

    `order` replaces the sorting of the query string. Raises Http404 for a page past the end.
    """
    where = [*clauses, IN_STOCK] if wanted.in_stock else clauses
    order = order or queries.Clause(_ORDERS[wanted.sort])
    start = (wanted.page - 1) * PER_PAGE
    found, total = queries.listed(where, order, first=start, number=PER_PAGE)
    last = max(1, -(-total // PER_PAGE))
    if wanted.page > last:
        raise Http404("There is no such page.")
    shown = cards_of(found, images_of(one.product.pk for one in found))
    return PageOfCards(shown, total, wanted.page, last)


@dataclass(frozen=True, slots=True)
class Links:
    """The URLs around one page of a list."""

    path: str
    wanted: ListQuery
    page: PageOfCards

    @property
    def canonical(self) -> str:
        """Return the canonical URL of this page of the list, whatever its sorting."""
        return self.path + ListQuery(self.wanted.search, page=self.wanted.page).urlencode()

    @property
    def previous(self) -> str:
        """Return the URL of the previous page, or an empty string."""
        return self._to(self.page.number - 1) if self.page.number > 1 else ""

    @property
    def next(self) -> str:
        """Return the URL of the next page, or an empty string."""
        return self._to(self.page.number + 1) if self.page.number < self.page.last else ""

    @property
    def numbered(self) -> list[tuple[int, str]]:
        """Return page numbers with their URLs; number 0 stands for a gap."""
        return [(number, self._to(number) if number else "") for number in self.page.numbers]

    @property
    def everything(self) -> str:
        """Return the list without the stock filter."""
        return self.path + self.wanted.urlencode(in_stock=False, page=1)

    def _to(self, page: int) -> str:
        return self.path + self.wanted.urlencode(page=page)


def context(path: str, wanted: ListQuery, page: PageOfCards) -> dict[str, Any]:
    """Return the context of a list's templates."""
    links = Links(path, wanted, page)
    return {"wanted": wanted, "page": page, "links": links}


def sorts(wanted: ListQuery) -> tuple[tuple[str, str], ...]:
    """Return the sort options and their labels."""
    found = {value: str(label) for value, label in SORTS.items()}
    if wanted.search:
        found[""] = gettext("Best match")
    return tuple(found.items())
