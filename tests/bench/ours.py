"""Stocks our shop for the bench, or counts what it sold. Runs with the shop's settings.

python -m tests.bench.ours stock TITLE:PRICE:PIECES ...   prints primary keys
python -m tests.bench.ours count PK ...                   prints pieces sold
python -m tests.bench.ours books                          prints orders as JSON
"""

import json
import sys

import django

django.setup()

from django.db.models import Sum  # noqa: E402

from checkout.order.models import Line, Order  # noqa: E402
from checkout.order.states import LIVE  # noqa: E402
from tests.checkout.factories import make_product  # noqa: E402


def sold(pk: int) -> int:
    """Return how many pieces of a product are promised or gone."""
    lines = Line.objects.filter(product_id=pk, order__status__in=LIVE)
    return lines.aggregate(n=Sum("quantity"))["n"] or 0


def books() -> dict[str, str]:
    """Return the state of each order by its number."""
    return dict(Order.objects.values_list("number", "status"))


def main(act: str, *subjects: str) -> None:
    """Do one of the three."""
    if act == "books":
        print(json.dumps(books()))  # noqa: T201
        return
    if act == "count":
        answers = [sold(int(pk)) for pk in subjects]
    else:
        rows = [subject.split(":") for subject in subjects]
        answers = [make_product(title, price=p, stock=int(n)).pk for title, p, n in rows]
    print(*answers)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
