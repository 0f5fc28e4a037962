"""Stocks the other shop, or counts what it sold. Runs with its settings.

python -m tests.bench.stock_oscar.shelf stock TITLE:PRICE:PIECES ...   prints primary keys
python -m tests.bench.stock_oscar.shelf count PK ...                   prints pieces sold
"""

import sys
from decimal import Decimal

import django

django.setup()

from django.db.models import Sum  # noqa: E402
from oscar.apps.address.models import Country  # noqa: E402
from oscar.apps.catalogue.models import Product, ProductClass  # noqa: E402
from oscar.apps.order.models import Line  # noqa: E402
from oscar.apps.partner.models import Partner  # noqa: E402


def stock(title: str, price: str, pieces: int) -> int:
    """Put a product on the shelf; return its primary key."""
    kind, _ = ProductClass.objects.get_or_create(name="Micro R/C")
    partner, _ = Partner.objects.get_or_create(name="Saskatoon")
    product = Product.objects.create(title=title, product_class=kind)
    product.stockrecords.create(
        partner=partner, partner_sku=f"SKU-{product.pk}", price=Decimal(price), num_in_stock=pieces
    )
    return int(product.pk)


def sold(pk: int) -> int:
    """Return how many pieces of a product were ordered."""
    return Line.objects.filter(product_id=pk).aggregate(n=Sum("quantity"))["n"] or 0


def main(act: str, *subjects: str) -> None:
    """Do one of the two."""
    if act == "count":
        answers = [sold(int(pk)) for pk in subjects]
    else:
        Country.objects.get_or_create(
            iso_3166_1_a2="CA", printable_name="Canada", is_shipping_country=True
        )
        rows = [subject.split(":") for subject in subjects]
        answers = [stock(title, price, int(pieces)) for title, price, pieces in rows]
    print(*answers)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
