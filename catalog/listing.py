"""Lists of products: all products, a category, search results, and others, each with facets,
sorting, pages and two views. `read` does it for all of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext
from oscar.apps.address.models import Country

from catalog import list_table
from catalog.cards import Card, cards_of
from catalog.facets import Facet, Filtered, branch, of_list
from catalog.list_chips import Chip
from catalog.list_query import CSV, SORTS, TABLE, ListQuery
from catalog.listing_index import Index
from catalog.partner.models import StockRecord
from catalog.partner.prices import on_sale
from catalog.tree import Node
from microflight.core.collation import by_name
from microflight.core.csv_files import csv_lines, csv_response
from microflight.core.page_cache import process_cached

PER_PAGE = 24
MAX_ROWS = 1_000  # of a CSV file


@dataclass(frozen=True, slots=True)
class PageOfCards:
    """One page of a list."""

    cards: tuple[Card, ...]
    total: int  # products in the whole list
    number: int
    last: int
    unfiltered: int = 0  # products without facets
    sort: str = ""  # of the list unless another one is chosen
    facets: tuple[Facet, ...] = ()
    chips: tuple[Chip, ...] = ()
    table: list_table.Table | None = None

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

    @property
    def has_error(self) -> bool:
        """Tell whether a typed number cannot be used."""
        return any(one.has_error for one in self.facets)


# Live prices, of the product itself or of its public variants.
_PRICED = StockRecord.objects.filter(price__isnull=False)
_OWN = _PRICED.filter(product=OuterRef("pk"))
_OF_VARIANTS = _PRICED.filter(product__parent=OuterRef("pk"), product__is_public=True)


def is_reduced(day: date) -> Q:
    """Return the condition that a product, or one of its public variants, is shown as reduced."""
    reduced = on_sale(day)
    return Q(Exists(_OWN.filter(reduced))) | Q(Exists(_OF_VARIANTS.filter(reduced)))


@dataclass(frozen=True, slots=True)
class Source:
    """The products of a list before filters, and what its facets choose from."""

    select: Callable[[Index], int]
    nodes: tuple[Node, ...] = ()  # categories to choose from
    destinations: Callable[[], tuple[tuple[str, str], ...]] = tuple  # codes and names
    sort: str = ""  # unless another one is chosen
    best_first: Callable[[Index, int], list[int]] | None = field(default=None, compare=False)


def of_categories(categories: Iterable[int]) -> Callable[[Index], int]:
    """Return a selection of the products in any of these categories."""
    wanted = tuple(categories)
    return lambda index: branch(index, wanted) & index.sold


def all_products(index: Index) -> int:
    """Select all products."""
    return index.sold


def read(index: Index, source: Source, wanted: ListQuery) -> PageOfCards:
    """Return one page of a list, with one query; two for the table view.

    Raises Http404 for a page past the end.
    """
    base, filtered = filter_list(index, source, wanted)
    total = filtered.bits.bit_count()
    last = max(1, -(-total // PER_PAGE))
    if wanted.page > last:
        raise Http404("There is no such page.")
    pks = arranged(index, filtered.bits, wanted, source, (wanted.page - 1) * PER_PAGE, PER_PAGE)
    cards = cards_of(pks)
    table = None
    if wanted.view == TABLE:
        table = list_table.read(index, filtered.bits, cards, wanted)
    shown = (filtered.facets, filtered.chips, table)
    return PageOfCards(cards, total, wanted.page, last, base.bit_count(), source.sort, *shown)


def filter_list(index: Index, source: Source, wanted: ListQuery) -> tuple[int, Filtered]:
    """Return the products of a list, and those of them that match the facets."""
    base = source.select(index)
    countries = source.destinations() if any(index.column("ships_to")) else ()
    wanted = replace(wanted, page=1)
    return base, index.once(
        ("list", "facets", base, wanted, source.nodes, countries),
        lambda: of_list(index, base, wanted, source.nodes, dict(countries)),
    )


def csv_file(index: Index, source: Source, wanted: ListQuery) -> StreamingHttpResponse:
    """Return the first 1,000 products of a list as a CSV file."""
    _base, filtered = filter_list(index, source, wanted)
    pks = arranged(index, filtered.bits, wanted, source, 0, MAX_ROWS)
    columns, rows = list_table.csv_rows(index, filtered.bits, pks)
    response = csv_response(csv_lines(rows, columns), "products.csv")
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def arranged(
    index: Index, bits: int, wanted: ListQuery, source: Source, start: int, number: int
) -> list[int]:
    """Return the IDs of a part of a list."""
    sort = wanted.sort or source.sort
    if not sort and source.best_first:
        return source.best_first(index, bits)[start : start + number]
    return index.arranged(bits, sort, start, number)


def destinations(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """Return codes and names of the countries to which products may ship; none until it is known
    which do."""
    return process_cached(request, "list destinations", read_destinations)


def read_destinations() -> tuple[tuple[str, str], ...]:
    """Return codes and names of the countries to which products may ship. One query."""
    countries = Country.objects.filter(is_shipping_country=True).order_by(by_name("printable_name"))
    return tuple(countries.values_list("iso_3166_1_a2", "printable_name"))


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

    def is_indexed(self) -> bool:
        """Tell whether search engines may show this page: combinations of facets are endless."""
        return not (self.wanted.is_filtered or self.wanted.view or self.wanted.search)

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
        """Return the list without facets."""
        return self.path + self.wanted.unfiltered.urlencode()

    @property
    def as_cards(self) -> str:
        """Return the list with cards."""
        return self.path + self.wanted.urlencode(view="", page=1)

    @property
    def as_table(self) -> str:
        """Return the list as a table."""
        return self.path + self.wanted.urlencode(view=TABLE, page=1)

    @property
    def as_csv(self) -> str:
        """Return the CSV file of the list."""
        return self.path + self.wanted.urlencode(view=CSV, page=1)

    def _to(self, page: int) -> str:
        return self.path + self.wanted.urlencode(page=page)


def context(path: str, wanted: ListQuery, page: PageOfCards) -> dict[str, Any]:
    """Return the context of a list's templates."""
    return {"wanted": wanted, "page": page, "links": Links(path, wanted, page)}


def sorts(wanted: ListQuery, page: PageOfCards) -> tuple[tuple[str, str], ...]:
    """Return the sort options and their labels; also the column that a table is sorted by."""
    found = {value: str(label) for value, label in SORTS.items()}
    if page.sort:
        found[""] = found.pop(page.sort)
    if wanted.search:
        found[""] = gettext("Best match")
    for column in page.table.columns if page.table else ():
        if column.direction:
            found[wanted.sort] = column.heading
    return tuple(found.items())
