"""What the public pages read from the database, as plain statements.

Putting a statement together with the ORM took longer than answering it: 10 of the 13 ms of a
category page, 15 of the 21 ms of a product page. These run alike on PostgreSQL and SQLite; all that
comes from a visitor is a parameter. Forms, the admin and the till use the models.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

_CENT = Decimal("0.01")


class Clause(NamedTuple):
    """A condition or an order, and its parameters. The text is ours, never a visitor's."""

    sql: str
    parameters: tuple[Any, ...] = ()


class Listed(NamedTuple):
    """A product as a list shows it. These columns, in this order, are what cards are made from."""

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


class Pictured(NamedTuple):
    """A picture: its name in the storage and its size in pixels."""

    name: str
    width: int
    height: int
    caption: str


class Described(NamedTuple):
    """A product, or a variant of it, as its own page shows it."""

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
    """The value of an attribute, in the column that its type names."""

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
_BROWSABLE = "catalogue_product p WHERE p.is_public AND p.parent_id IS NULL"
_OFFERS = """
    SELECT s.product_id, v.parent_id, s.partner_sku, s.price,
           s.num_in_stock, s.num_allocated, s.backorder, s.expected_on
    FROM partner_stockrecord s JOIN catalogue_product v ON v.id = s.product_id
    WHERE v.is_public AND (v.id IN ({products}) OR v.parent_id IN ({products}))
    ORDER BY s.price, s.id"""
_PICTURES = """
    SELECT product_id, original, width, height, caption
    FROM catalogue_productimage WHERE product_id IN ({products}) ORDER BY display_order, id"""
_FAMILY = """
    SELECT p.id, p.parent_id, p.title, p.slug, p.upc, p.description, p.meta_title,
           p.meta_description, p.weight_g, p.battery, p.battery_cells, p.battery_wh
    FROM catalogue_product p WHERE (p.id = %s OR p.parent_id = %s) AND p.is_public ORDER BY p.id"""
_RELATED = f"""
    SELECT {_COLUMNS}
    FROM catalogue_productrecommendation r JOIN catalogue_product p ON p.id = r.recommendation_id
    WHERE r.primary_id = %s AND p.is_public AND p.parent_id IS NULL
    ORDER BY r.ranking DESC, p.id LIMIT %s"""  # noqa: S608 (ours)
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
    """Read a statement that names `products` once or more; nothing is asked for none."""
    if not products:
        return []
    places = ", ".join(["%s"] * len(products))
    return _read(sql.format(products=places), [*products] * sql.count("{products}"))


def _exact(value: Any) -> Any:
    """Return a column of two decimal places as PostgreSQL gives it; SQLite gives a float."""
    known = value is None or isinstance(value, Decimal)
    return value if known else Decimal(str(value)).quantize(_CENT)


def _listed(row: Sequence[Any]) -> Listed:
    return Listed._make((*row[:4], _exact(row[4])))


def listed(
    where: Iterable[Clause], order: Clause, *, first: int, number: int
) -> tuple[list[Listed], int]:
    """Return a stretch of the browsable products that meet every clause, and how many do in all.

    One statement; one more where the stretch lies past the end.
    """
    where = list(where)
    met = _BROWSABLE + "".join(f" AND {clause.sql}" for clause in where)
    given = [value for clause in where for value in clause.parameters]
    sql = f"SELECT {_COLUMNS}, COUNT(*) OVER () FROM {met} ORDER BY {order.sql} LIMIT %s OFFSET %s"  # noqa: S608 (clauses are ours)
    rows = _read(sql, [*given, *order.parameters, number, first])
    if not rows:
        return [], _read(f"SELECT COUNT(*) FROM {met}", given)[0][0]  # noqa: S608 (as above)
    return [_listed(row) for row in rows], rows[0][5]


def offers(products: Sequence[int]) -> list[Stocked]:
    """Return the stock records of public products among these and of their public variants."""
    rows = _read_of(_OFFERS, products)
    return [Stocked._make((*row[:3], _exact(row[3]), *row[4:])) for row in rows]


def pictures(products: Sequence[int]) -> list[tuple[int, Pictured]]:
    """Return product and picture, in the order that staff gave them."""
    return [(row[0], Pictured(*row[1:])) for row in _read_of(_PICTURES, products)]


def family(pk: int) -> list[Described]:
    """Return a public product and its public variants, as far as there are any."""
    return [
        Described._make((*row[:8], _exact(row[8]), *row[9:])) for row in _read(_FAMILY, [pk, pk])
    ]


def related(pk: int, number: int) -> list[Listed]:
    """Return the products that staff put beside this one, the strongest first."""
    return [_listed(row) for row in _read(_RELATED, [pk, number])]


def places(pk: int) -> list[int]:
    """Return the categories that a product lies in."""
    return [row[0] for row in _read(_PLACES, [pk])]


def values(products: Sequence[int]) -> list[Valued]:
    """Return the attribute values of these products that can be shown as text."""
    return [Valued(*row) for row in _read_of(_VALUES, products)]


def choices(of_values: Sequence[int]) -> dict[int, str]:
    """Return the options of attributes that have several at once, by the value's id."""
    found: dict[int, str] = {}
    for pk, option in _read_of(_CHOICES, of_values):
        found[pk] = f"{found[pk]}, {option}" if pk in found else option
    return found
