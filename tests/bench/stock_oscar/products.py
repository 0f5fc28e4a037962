"""Creates products in the other shop, or counts what it sold. Runs with its settings.

python -m tests.bench.stock_oscar.products copy URL                       prints how many rows
python -m tests.bench.stock_oscar.products stock TITLE:PRICE:QUANTITY ... prints primary keys
python -m tests.bench.stock_oscar.products count PK ...                   prints units sold
"""

import sys
from decimal import Decimal
from typing import Any

import django
import psycopg2
from psycopg2.extras import Json

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import Sum  # noqa: E402
from oscar.apps.address.models import Country  # noqa: E402
from oscar.apps.catalogue.models import Product, ProductClass  # noqa: E402
from oscar.apps.order.models import Line, PaymentEventType  # noqa: E402
from oscar.apps.partner.models import Partner  # noqa: E402
from oscar.apps.payment.models import SourceType  # noqa: E402


def stock(title: str, price: str, quantity: int) -> int:
    """Create a product with stock; return its primary key."""
    kind, _ = ProductClass.objects.get_or_create(name="Micro R/C")
    partner, _ = Partner.objects.get_or_create(name="Saskatoon")
    product = Product.objects.create(title=title, product_class=kind)
    product.stockrecords.create(
        partner=partner,
        partner_sku=f"SKU-{product.pk}",
        price=Decimal(price),
        num_in_stock=quantity,
    )
    return int(product.pk)


#: Oscar's tables of catalogue and offers, each after those it refers to.
_CATALOGUE = (
    "catalogue_productclass", "catalogue_category", "catalogue_product",
    "catalogue_productcategory", "partner_partner", "partner_stockrecord",
    "offer_range", "offer_range_included_categories", "offer_condition", "offer_benefit",
    "offer_conditionaloffer",
)  # fmt: skip


def copy_catalogue(url: str) -> int:
    """Copy the catalogue of another Oscar database: the columns that are Oscar's own.

    Images are left out: this shop would spend time on thumbnails.
    """
    other = psycopg2.connect(url)
    with other.cursor() as theirs, transaction.atomic(), connection.cursor() as ours:
        return sum(_copy_table(theirs, ours, table) for table in _CATALOGUE)


def _copy_table(theirs: Any, ours: Any, table: str) -> int:
    known = {column.name for column in connection.introspection.get_table_description(ours, table)}
    theirs.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608 (names are ours)
    places = [place for place, column in enumerate(theirs.description) if column.name in known]
    names = ", ".join(f'"{theirs.description[place].name}"' for place in places)
    marks = ", ".join(["%s"] * len(places))
    rows = [[_plain(row[place]) for place in places] for row in theirs.fetchall()]
    ours.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608
    sequence = f"pg_get_serial_sequence('{table}', 'id')"
    newest = f'SELECT coalesce(max(id), 1) FROM "{table}"'  # noqa: S608
    ours.execute(f"SELECT setval({sequence}, ({newest}))")
    return len(rows)


def _plain(value: Any) -> Any:
    return Json(value) if isinstance(value, dict | list) else value


def sold(pk: int) -> int:
    """Return how many units of a product were ordered."""
    return Line.objects.filter(product_id=pk).aggregate(n=Sum("quantity"))["n"] or 0


def main(act: str, *subjects: str) -> None:
    """Run one of the three."""
    if act == "copy":
        answers = [copy_catalogue(subjects[0])]
    elif act == "count":
        answers = [sold(int(pk)) for pk in subjects]
    else:
        Country.objects.get_or_create(
            iso_3166_1_a2="CA", printable_name="Canada", is_shipping_country=True
        )
        # now, because two first orders at once would create these twice
        SourceType.objects.get_or_create(name="Stripe")
        PaymentEventType.objects.get_or_create(name="Authorised")
        rows = [subject.split(":") for subject in subjects]
        answers = [stock(title, price, int(quantity)) for title, price, quantity in rows]
    print(*answers)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
