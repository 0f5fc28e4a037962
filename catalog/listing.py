"""Lists of products: search, sorting, stock filter and pagination from the query string."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from django.http import Http404, QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.cards import Card, cards_of
from catalog.models import Product, ProductCategory
from catalog.partner.kit_stock import available_kits
from catalog.partner.models import StockRecord
from catalog.partner.prices import on_sale
from microflight.core.collation import by_name

PER_PAGE = 24
MAX_SEARCH = 100  # characters; a longer search is rejected

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
        number = int(page[:9]) if page.isascii() and page.isdigit() else 1  # 9: past any list
        return cls(
            search=" ".join(query.get("q", "").replace("\0", " ").split()),
            sort=sort if sort in SORTS else "",
            in_stock=query.get("in_stock", "") in ("1", "on"),
            page=max(number, 1),
        )

    @property
    def search_error(self) -> str:
        """Return why there are no results of this search, or an empty string."""
        if len(self.search) <= MAX_SEARCH:
            return ""
        text = ngettext(
            "Use at most %(limit)d character to search.",
            "Use at most %(limit)d characters to search.",
            MAX_SEARCH,
        )
        return text % {"limit": MAX_SEARCH}

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


# Live price and stock, of the product itself or of its public variants.
_PRICED = StockRecord.objects.filter(price__isnull=False)
_OWN = _PRICED.filter(product=OuterRef("pk"))
_OF_VARIANTS = _PRICED.filter(product__parent=OuterRef("pk"), product__is_public=True)
_ON_HAND = Q(num_in_stock__gt=Coalesce("num_allocated", 0))
_KIT_COMPLETE = Q(product__is_kit=True) & Q(GreaterThanOrEqual(available_kits("product_id"), 1))
#: The condition that a product or one of its variants is on hand, all components of a kit are, or
#: its type has no stock.
IN_STOCK = Q(Exists(_OWN.filter(_ON_HAND)))
IN_STOCK |= Q(Exists(_OF_VARIANTS.filter(_ON_HAND | _KIT_COMPLETE)))
IN_STOCK |= Q(is_kit=True) & Q(Exists(_OWN.filter(_KIT_COMPLETE)))
IN_STOCK |= Q(is_kit=False, product_class__track_stock=False) & Q(
    Exists(_OWN) | Exists(_OF_VARIANTS.filter(product__is_kit=False))
)


def is_reduced(day: date) -> Q:
    """Return the condition that a product, or one of its public variants, is shown as reduced."""
    reduced = on_sale(day)
    return Q(Exists(_OWN.filter(reduced))) | Q(Exists(_OF_VARIANTS.filter(reduced)))


_LOWEST_PRICE = Coalesce(
    *(Subquery(rows.order_by("price").values("price")[:1]) for rows in (_OWN, _OF_VARIANTS))
)

#: The products of the shop. Querysets are built once: that takes as long as running them.
ALL_PRODUCTS = Product.objects.browsable().annotate(total=Window(Count("*"))).values("pk", "total")

# Equal products always come in the same order.
_ORDERS: dict[str, tuple[Any, ...]] = {
    # nulls_last only keeps PostgreSQL from reading all products in the order of this column's index
    "": (F("priority").desc(nulls_last=True), "title", "pk"),
    "price": (_LOWEST_PRICE.asc(nulls_last=True), "title", "pk"),
    "-price": (_LOWEST_PRICE.desc(nulls_last=True), "title", "pk"),
    "weight": ("weight_g", "title", "pk"),
    "-weight": ("-weight_g", "title", "pk"),
    "name": (by_name("title"), "pk"),
    "new": ("-date_created", "-pk"),
}


def arranged(products: QuerySet, wanted: ListQuery, order: Sequence[Any] = ()) -> QuerySet:
    """Return a selection of ALL_PRODUCTS with filter and sorting of the query string.

    `order` replaces the sorting.
    """
    if wanted.in_stock:
        products = products.filter(IN_STOCK)
    return products.order_by(*(order or _ORDERS[wanted.sort]))


@lru_cache(maxsize=512)  # of querysets, not of their results
def products_of(categories: tuple[int, ...] | None, in_stock: bool, sort: str) -> QuerySet:
    """Return the products in any of these categories, or all, arranged."""
    products = ALL_PRODUCTS
    if categories is not None:
        inside = ProductCategory.objects.filter(category__in=categories).values("product")
        products = products.filter(pk__in=inside)
    return arranged(products, ListQuery(in_stock=in_stock, sort=sort))


def read_page(products: QuerySet, number: int) -> PageOfCards:
    """Return one page of arranged products, with two queries.

    Raises Http404 for a page past the end.
    """
    start = (number - 1) * PER_PAGE
    rows = list(products[start : start + PER_PAGE])
    total = rows[0]["total"] if rows else products.count()
    last = max(1, -(-total // PER_PAGE))
    if number > last:
        raise Http404("There is no such page.")
    return PageOfCards(cards_of([row["pk"] for row in rows]), total, number, last)


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
    def current(self) -> str:
        """Return the URL of this page of the list, with its sorting and filter."""
        return self.path + self.wanted.urlencode()

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
