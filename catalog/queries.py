"""The queries of the public pages, in SQL.

Building them with the ORM took longer than PostgreSQL needs to answer them: see
docs/decisions/006-plain-statements.md. They are the same on PostgreSQL and SQLite; user input is
always a parameter. Forms, the admin and the checkout use the models.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

_CENT = Decimal("0.01")


class Clause(NamedTuple):
    """A condition or an ORDER BY with its parameters. Its SQL never contains user input."""

    sql: str
    parameters: tuple[Any, ...] = ()


class Listed(NamedTuple):
    """A product in a list: the columns of a card, in this order."""

    pk: int
    title: str
    slug: str
    structure: str
    weight_g: Decimal


class Stocked(NamedTuple):
    """A stock record of a product; the price is in CAD before tax."""

    product: int
    parent: int | None
    sku: str
    price: Decimal | None
    in_stock: int | None
    allocated: int | None
    backorder: bool
    expected_on: date | None


class ImageRow(NamedTuple):
    """A product image: its name in the storage and its size in pixels."""

    name: str
    width: int
    height: int
    caption: str


class Shown(NamedTuple):
    """A product in a list with its stock records."""

    product: Listed
    stocked: list[Stocked]  # its own, or of its public variants


class Described(NamedTuple):
    """A product or a variant on the product page."""

    pk: int
    parent: int | None
    title: str
    slug: str
    upc: str | None
    description: str
    meta_title: str | None
    meta_description: str | None
    weight_g: Decimal
    battery: str
    battery_cells: int
    battery_wh: Decimal | float | None  # float on SQLite


class Valued(NamedTuple):
    """An attribute value, in the column of its type."""

    product: int
    code: str
    name: str
    type: str
    text: str | None
    richtext: str | None
    integer: int | None
    float: float | None
    boolean: bool | None
    date: date | None
    datetime: Any
    option: str | None
    pk: int


_COLUMNS = "p.id, p.title, p.slug, p.structure, p.weight_g"
_STOCK = """s.product_id, v.parent_id, s.partner_sku, s.price,
           s.num_in_stock, s.num_allocated, s.backorder, s.expected_on"""
# The end of a query that defines `page`, a slice of products with their positions.
_SHOWN = f"""
    SELECT page.*, {_STOCK} FROM page
    LEFT JOIN catalogue_product v ON v.parent_id = page.id AND v.is_public
    LEFT JOIN partner_stockrecord s ON s.product_id = COALESCE(v.id, page.id)
    ORDER BY page.place, s.price, s.id"""  # noqa: S608 (constants)
_BROWSABLE = "catalogue_product p WHERE p.is_public AND p.parent_id IS NULL"
_OFFERS = f"""
    SELECT {_STOCK}
    FROM partner_stockrecord s JOIN catalogue_product v ON v.id = s.product_id
    WHERE v.is_public AND (v.id IN ({{products}}) OR v.parent_id IN ({{products}}))
    ORDER BY s.price, s.id"""  # noqa: S608 (constants)
_IMAGES = """
    SELECT product_id, original, width, height, caption
    FROM catalogue_productimage WHERE product_id IN ({products}) ORDER BY display_order, id"""
_FAMILY = f"""
    SELECT v.id, v.parent_id, v.title, v.slug, v.upc, v.description, v.meta_title,
           v.meta_description, v.weight_g, v.battery, v.battery_cells, v.battery_wh, {_STOCK}
    FROM catalogue_product v LEFT JOIN partner_stockrecord s ON s.product_id = v.id
    WHERE (v.id = %s OR v.parent_id = %s) AND v.is_public ORDER BY v.id, s.price, s.id"""  # noqa: S608 (constants)
_RELATED = f"""
    WITH page AS (
        SELECT {_COLUMNS}, 0, ROW_NUMBER() OVER (ORDER BY r.ranking DESC, p.id) AS place
        FROM catalogue_productrecommendation r
        JOIN catalogue_product p ON p.id = r.recommendation_id
        WHERE r.primary_id = %s AND p.is_public AND p.parent_id IS NULL
        ORDER BY place LIMIT %s)
    {_SHOWN}"""  # noqa: S608 (constants)
_PLACES = "SELECT category_id FROM catalogue_productcategory WHERE product_id = %s"
_VALUES = """
    SELECT v.product_id, a.code, a.name, a.type, v.value_text, v.value_richtext, v.value_integer,
           v.value_float, v.value_boolean, v.value_date, v.value_datetime, o.option, v.id
    FROM catalogue_productattributevalue v
    JOIN catalogue_productattribute a ON a.id = v.attribute_id
    LEFT JOIN catalogue_attributeoption o ON o.id = v.value_option_id
    WHERE v.product_id IN ({products}) AND a.type NOT IN ('file', 'image', 'entity')
    ORDER BY v.attribute_id"""
_CHOICES = """
    SELECT m.productattributevalue_id, o.option
    FROM catalogue_productattributevalue_value_multi_option m
    JOIN catalogue_attributeoption o ON o.id = m.attributeoption_id
    WHERE m.productattributevalue_id IN ({products}) ORDER BY m.id"""


def _read(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _read_of(sql: str, products: Sequence[int]) -> list[tuple[Any, ...]]:
    """Run a query with the placeholder `products`; none without products."""
    if not products:
        return []
    places = ", ".join(["%s"] * len(products))
    return _read(sql.format(products=places), [*products] * sql.count("{products}"))


def _exact(value: Any) -> Any:
    """Return a Decimal with two places; SQLite returns a float."""
    known = value is None or isinstance(value, Decimal)
    return value if known else Decimal(str(value)).quantize(_CENT)


def _stocked(row: Sequence[Any]) -> Stocked:
    return Stocked._make((*row[:3], _exact(row[3]), *row[4:8]))


def _shown(rows: Iterable[Sequence[Any]]) -> list[Shown]:
    """Group rows, one for each stock record, by product."""
    found: dict[int, Shown] = {}
    for row in rows:
        shown = found.get(row[0])
        if shown is None:
            product = Listed._make((*row[:4], _exact(row[4])))
            shown = found[row[0]] = Shown(product, [])
        if row[7] is not None:
            shown.stocked.append(_stocked(row[7:15]))
    return list(found.values())


def listed(
    where: Iterable[Clause], order: Clause, *, first: int, number: int
) -> tuple[list[Shown], int]:
    """Return a slice of the browsable products that meet all conditions, and their total number.

    One query; one more if the slice is past the end.
    """
    where = list(where)
    met = _BROWSABLE + "".join(f" AND {clause.sql}" for clause in where)
    given = [value for clause in where for value in clause.parameters]
    numbered = f"COUNT(*) OVER (), ROW_NUMBER() OVER (ORDER BY {order.sql}) AS place"
    page = f"SELECT {_COLUMNS}, {numbered} FROM {met} ORDER BY place LIMIT %s OFFSET %s"  # noqa: S608 (clauses contain no user input)
    rows = _read(f"WITH page AS ({page}) {_SHOWN}", [*order.parameters, *given, number, first])
    if not rows:
        return [], _read(f"SELECT COUNT(*) FROM {met}", given)[0][0]  # noqa: S608 (as above)
    return _shown(rows), rows[0][5]


def offers(products: Sequence[int]) -> list[Stocked]:
    """Return the stock records of these products and their variants, if public."""
    return [_stocked(row) for row in _read_of(_OFFERS, products)]


def images(products: Sequence[int]) -> list[tuple[int, ImageRow]]:
    """Return product ID and image, in display order."""
    return [(row[0], ImageRow(*row[1:])) for row in _read_of(_IMAGES, products)]


def family(pk: int) -> tuple[list[Described], list[Stocked]]:
    """Return a public product, its public variants, and their stock records."""
    rows = _read(_FAMILY, [pk, pk])
    found = {row[0]: Described._make((*row[:8], _exact(row[8]), *row[9:12])) for row in rows}
    return list(found.values()), [_stocked(row[12:]) for row in rows if row[12] is not None]


def related(pk: int, number: int) -> list[Shown]:
    """Return the recommended products, highest ranking first."""
    return _shown(_read(_RELATED, [pk, number]))


def places(pk: int) -> list[int]:
    """Return the IDs of a product's categories."""
    return [row[0] for row in _read(_PLACES, [pk])]


def values(products: Sequence[int]) -> list[Valued]:
    """Return the attribute values of these products that are shown as text."""
    return [Valued(*row) for row in _read_of(_VALUES, products)]


def choices(of_values: Sequence[int]) -> dict[int, str]:
    """Return the selected options of multi-option values as text, by value ID."""
    found: dict[int, str] = {}
    for pk, option in _read_of(_CHOICES, of_values):
        found[pk] = f"{found[pk]}, {option}" if pk in found else option
    return found
