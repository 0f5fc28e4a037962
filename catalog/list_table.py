"""The table view of a list: attributes as columns with units. Also its CSV file."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from catalog import read_model
from catalog.attribute_values import name_and_unit
from catalog.cards import Card, cards_of
from catalog.list_numbers import choice_label, column_of, labels, numbers
from catalog.list_query import ListQuery
from catalog.listing_index import Index
from catalog.models import Product
from microflight.core.units import format_number

MOST_COLUMNS = 8  # of attributes: those that most products of the list have
_FEWEST = 0.2  # of the products of the list must have an attribute that is shown
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Column:
    """A column of attribute values, and how its header sorts."""

    name: str  # of the index
    label: str
    unit: str
    is_number: bool
    url: str = ""  # query string of the list sorted by it
    direction: str = ""  # ascending or descending, if the list is sorted by it

    @property
    def heading(self) -> str:
        """Return the label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, slots=True)
class Row:
    """A product with its cells, in the order of the columns; an empty one is unknown."""

    card: Card
    sku: str
    cells: tuple[str, ...]
    numbers: tuple[bool, ...]  # which cells are

    @property
    def labelled(self) -> list[tuple[bool, str]]:
        """Return for each cell whether it is a number, and its text."""
        return list(zip(self.numbers, self.cells, strict=True))


@dataclass(frozen=True, slots=True)
class Table:
    """The columns and rows of one page of a list."""

    fixed: tuple[Column, ...]  # product, weight, price
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def read(index: Index, bits: int, cards: Collection[Card], wanted: ListQuery) -> Table:
    """Return the table of a page of these products. One query."""
    columns = tuple(_sorted_by(one, wanted) for one in _columns(index, bits))
    fixed = (
        Column("name", gettext("Product"), "", False),
        Column("weight", gettext("Weight"), "g", True),
        Column("price", gettext("Price"), "", True),
    )
    shown = tuple(_sorted_by(column, wanted) for column in fixed)
    return Table(shown, columns, tuple(_rows(index, cards, columns)))


def _columns(index: Index, bits: int) -> list[Column]:
    """Return the attributes that enough of these products have, in the order of the types."""
    total = bits.bit_count()
    shares: dict[str, tuple[int, Column]] = {}
    for row in index.attributes:
        is_number = row["type"] in ("integer", "float")
        name = column_of(row)
        count = (index.having(name) & bits).bit_count()
        if name not in shares and name != "n.weight" and count and count >= _FEWEST * total:
            unit = name_and_unit(row["name"])[1] if is_number else ""
            shares[name] = count, Column(name, labels(index)[name], unit, is_number)
    most = sorted(shares, key=lambda name: -shares[name][0])[:MOST_COLUMNS]
    return [column for name, (_count, column) in shares.items() if name in most]


def _sorted_by(column: Column, wanted: ListQuery) -> Column:
    """Return a column that sorts by itself; in the other direction if it does already."""
    direction = {column.name: "ascending", f"-{column.name}": "descending"}.get(wanted.sort, "")
    reverse = direction == "ascending" and column.name != "name"
    url = wanted.urlencode(sort=f"-{column.name}" if reverse else column.name, page=1)
    return Column(column.name, column.label, column.unit, column.is_number, url, direction)


def _rows(index: Index, cards: Iterable[Card], columns: Collection[Column]) -> Iterator[Row]:
    found = {card.pk: card for card in cards}
    rows = Product.objects.filter(pk__in=found).values_list("pk", "upc", "facets")
    skus = {pk: (upc or "", text) for pk, upc, text in rows}
    numbers = tuple(column.is_number for column in columns)
    texts = read_model.facets_of({pk: text for pk, (_sku, text) in skus.items()})
    for pk, card in found.items():
        if pk in texts:
            values = json.loads(texts[pk])
            cells = tuple(_cell(index, values, column) for column in columns)
            yield Row(card, skus[pk][0], cells, numbers)


def _cell(index: Index, values: dict[str, Any], column: Column) -> str:
    """Return the values of a product and its variants: all of them, or the range of many."""
    several = values[column.name[0]].get(column.name[2:], [])
    if not column.is_number:
        return ", ".join(choice_label(value) for value in several)
    factor = numbers(index)[column.name].factor
    texts = [format_number(float(f"{value / factor:.6g}")) for value in several]
    return ", ".join(texts) if len(texts) <= 3 else f"{texts[0]}–{texts[-1]}"


def csv_columns(columns: Iterable[Column]) -> list[str]:
    """Return the header of the CSV file."""
    fixed = [
        gettext("SKU"), gettext("Product"), gettext("Weight (g)"), gettext("Price (CAD)"),
        gettext("Availability"),
    ]  # fmt: skip
    return fixed + [column.heading for column in columns]


def csv_rows(index: Index, bits: int, pks: list[int]) -> tuple[list[str], Iterator[list[str]]]:
    """Return the header and the rows of the CSV file of these products, in this order."""
    columns = _columns(index, bits)

    def rows() -> Iterator[list[str]]:
        for start in range(0, len(pks), _BATCH):
            for row in _rows(index, cards_of(pks[start : start + _BATCH]), columns):
                card = row.card
                yield [
                    row.sku, card.title, card.weight_g, card.amount, card.stock.short_message,
                    *row.cells,
                ]  # fmt: skip

    return csv_columns(columns), rows()
