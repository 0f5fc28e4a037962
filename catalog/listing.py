"""Lists of products: what the query string asks for, in which order, which page of it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce
from django.http import QueryDict

from catalog.cards import ROW, Card, cards
from catalog.models import Product
from catalog.partner.models import StockRecord

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

    cards: list[Card]
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


def _own() -> QuerySet[StockRecord]:
    return StockRecord.objects.filter(product=OuterRef("pk"), price__isnull=False)


def _of_variants() -> QuerySet[StockRecord]:
    return StockRecord.objects.filter(
        product__parent=OuterRef("pk"), product__is_public=True, price__isnull=False
    )


def only_in_stock(products: QuerySet[Product]) -> QuerySet[Product]:
    """Keep what lies on the shelf now, itself or as one of its variants."""
    free = Q(num_in_stock__gt=Coalesce(F("num_allocated"), 0))
    return products.filter(Exists(_own().filter(free)) | Exists(_of_variants().filter(free)))


def in_order(products: QuerySet[Product], sort: str) -> QuerySet[Product]:
    """Put products into one of SORTS; equal ones always come in the same order."""
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name == "price":
        lowest = [rows.order_by("price").values("price")[:1] for rows in (_own(), _of_variants())]
        products = products.alias(lowest=Coalesce(*(Subquery(rows) for rows in lowest)))
        key = F("lowest").desc(nulls_last=True) if down else F("lowest").asc(nulls_last=True)
        return products.order_by(key, "title", "pk")
    columns = {
        "weight": ["-weight_g" if down else "weight_g", "title", "pk"],
        "name": ["title", "pk"],
        "new": ["-date_created", "-pk"],
    }
    return products.order_by(*columns.get(name, ["-priority", "title", "pk"]))


def read_page(products: QuerySet[Product], wanted: Wanted) -> PageOfCards:
    """Return the page that is wanted, or an empty one past the end: three statements."""
    start = (wanted.page - 1) * PER_PAGE
    counted = products.annotate(total=Window(Count("pk"))).values_list(*ROW, "total")
    rows = list(counted[start : start + PER_PAGE])
    total = rows[0][-1] if rows else products.count()
    last = max(1, -(-total // PER_PAGE))
    return PageOfCards(cards(row[:-1] for row in rows), total, wanted.page, last)


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
