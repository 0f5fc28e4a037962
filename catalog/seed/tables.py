"""Reads the data files. It does not import Django, so the drawings can use it, too."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"

# The columns that every product has; those after them are attributes of its class.
COMMON = frozenset(
    {"sku", "parent", "title", "category", "price", "stock", "due", "weight_g"}
    | {"battery", "cells", "wh", "related", "art"}
)


@dataclass(frozen=True)
class Row:
    """One row of a product table, as text."""

    product_class: str
    common: dict[str, str]
    attributes: dict[str, str]

    @property
    def sku(self) -> str:
        return self.common["sku"]

    @property
    def parent(self) -> str:
        """SKU of the parent; empty for parents and standalone products."""
        return self.common["parent"]

    @property
    def title(self) -> str:
        return self.common["title"]

    @property
    def related(self) -> list[str]:
        """SKUs of recommended products."""
        return self.common["related"].split()

    @property
    def is_sold(self) -> bool:
        """Tell whether it has a price; products with variants have none."""
        return bool(self.common["price"])


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of `data/NAME.csv`, as text."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def class_codes() -> list[str]:
    """Codes of the product classes, in the order of their file."""
    return [line["code"] for line in read_table("classes")]


@cache
def product_rows() -> tuple[Row, ...]:
    """Return every product of the seed, parents before their variants."""
    rows = [_row(code, line) for code in class_codes() for line in read_table(f"products/{code}")]
    return tuple(sorted(rows, key=lambda row: bool(row.parent)))


def _row(code: str, line: dict[str, str]) -> Row:
    attributes = {key: value for key, value in line.items() if key not in COMMON and value}
    return Row(code, {key: line[key] for key in COMMON}, attributes)


@cache
def descriptions() -> dict[str, list[str]]:
    """SKU to the paragraphs of its description, from `data/descriptions/*.md`."""
    found: dict[str, list[str]] = {}
    for path in sorted((DATA / "descriptions").glob("*.md")):
        for block in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            sku, _, text = block.partition("\n")
            found[sku.strip()] = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    return found
