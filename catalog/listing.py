"""Lists of products: what the query string asks for, in which order, which page of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, QueryDict

from catalog import rows
from catalog.cards import Card, cards_of, pictures_of

PER_PAGE = 24
MOST_WORDS = 100  # characters of a search that are read

SORTS = {
    "": "Featured",
    "price": "Price, low to high",
    "-price": "Price, high to low",
    "weight": "Weight, light to heavy",
    "-weight": "Weight, heavy to light",
    "name": "Name",
    "new": "Newest",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor asked a list for. Anything that makes no sense became the default."""

    words: str = ""  # what was searched for
    sort: str = ""
    in_stock: bool = False
    page: int = 1

    @classmethod
    def read(cls, query: QueryDict) -> "Wanted":
        """Read it from a query string; never raises."""
        sort, page = query.get("sort", ""), query.get("page", "")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
        return cls(
            words=" ".join(query.get("q", "").replace("\0", " ").split())[:MOST_WORDS],
            sort=sort if sort in SORTS else "",
            in_stock=query.get("in_stock", "") in ("1", "on"),
            page=max(number, 1),
        )

    def query(self, **changes: Any) -> str:
        """Return the shortest query string for this with some values changed; may be empty."""
        values = {"q": self.words, "sort": self.sort, "in_stock": self.in_stock, "page": self.page}
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
        """Return the page numbers to link: both ends and those near; 0 stands for a gap."""
        near = range(max(1, self.number - 2), min(self.last, self.number + 2) + 1)
        shown: list[int] = []
        for number in sorted({1, self.last, *near}):
            if shown and number - shown[-1] > 1:
                shown.append(0)
            shown.append(number)
        return shown


_FREE = "s.price IS NOT NULL AND s.num_in_stock > COALESCE(s.num_allocated, 0)"
_OWN = "FROM partner_stockrecord s WHERE s.product_id = p.id AND "
_OF_VARIANTS = (
    "FROM partner_stockrecord s JOIN catalogue_product v ON v.id = s.product_id "
    "WHERE v.parent_id = p.id AND v.is_public AND "
)
# What lies on the shelf now, itself or as one of its variants.
IN_STOCK = rows.Clause(
    f"(EXISTS (SELECT 1 {_OWN}{_FREE}) OR EXISTS (SELECT 1 {_OF_VARIANTS}{_FREE}))"
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


def in_categories(categories: Sequence[int]) -> rows.Clause:
    """Keep what lies in any of these categories."""
    places = ", ".join(["%s"] * len(categories))
    inside = f"SELECT product_id FROM catalogue_productcategory WHERE category_id IN ({places})"  # noqa: S608 (placeholders)
    return rows.Clause(f"p.id IN ({inside})", tuple(categories))


def read_page(
    wanted: Wanted, *clauses: rows.Clause, order: rows.Clause | None = None
) -> PageOfCards:
    """Return the page that is wanted of the products that meet the clauses: two statements.

    Without an order the one that is wanted counts. Raises Http404 for a page past the end.
    """
    where = [*clauses, IN_STOCK] if wanted.in_stock else clauses
    order = order or rows.Clause(_ORDERS[wanted.sort])
    start = (wanted.page - 1) * PER_PAGE
    found, total = rows.listed(where, order, first=start, number=PER_PAGE)
    last = max(1, -(-total // PER_PAGE))
    if wanted.page > last:
        raise Http404("There is no such page.")
    shown = cards_of(found, pictures_of(one.product.pk for one in found))
    return PageOfCards(shown, total, wanted.page, last)


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses around one page of a list."""

    path: str
    wanted: Wanted
    page: PageOfCards

    @property
    def canonical(self) -> str:
        """Return the one address for this page of the list, whatever its order."""
        return self.path + Wanted(words=self.wanted.words, page=self.wanted.page).query()

    @property
    def previous(self) -> str:
        """Return the page before, or nothing."""
        return self._to(self.page.number - 1) if self.page.number > 1 else ""

    @property
    def next(self) -> str:
        """Return the page after, or nothing."""
        return self._to(self.page.number + 1) if self.page.number < self.page.last else ""

    @property
    def numbered(self) -> list[tuple[int, str]]:
        """Return page numbers with their addresses; number 0 stands for a gap."""
        return [(number, self._to(number) if number else "") for number in self.page.numbers]

    @property
    def everything(self) -> str:
        """Return the list without the stock filter."""
        return self.path + self.wanted.query(in_stock=False, page=1)

    def _to(self, page: int) -> str:
        return self.path + self.wanted.query(page=page)


def context(path: str, wanted: Wanted, page: PageOfCards) -> dict[str, Any]:
    """Return what the templates of a list need."""
    links = Links(path, wanted, page)
    return {"wanted": wanted, "page": page, "links": links}


def sorts(wanted: Wanted) -> tuple[tuple[str, str], ...]:
    """Return the orders to choose from, with their words."""
    return tuple((SORTS | ({"": "Best match"} if wanted.words else {})).items())
