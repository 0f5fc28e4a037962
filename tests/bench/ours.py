"""Creates products in our shop, or reports what it sold. Runs with the shop's settings.

python -m tests.bench.ours stock TITLE:PRICE:QUANTITY ...   prints primary keys
python -m tests.bench.ours count PK ...                     prints units sold
python -m tests.bench.ours orders                           prints orders as JSON
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
    """Return how many units of a product were ordered."""
    lines = Line.objects.filter(product_id=pk, order__status__in=LIVE)
    return lines.aggregate(n=Sum("quantity"))["n"] or 0


def order_states() -> dict[str, str]:
    """Return the state of each order by its number."""
    return dict(Order.objects.values_list("number", "status"))


def main(act: str, *subjects: str) -> None:
    """Run one of the three."""
    if act == "orders":
        print(json.dumps(order_states()))  # noqa: T201
        return
    if act == "count":
        answers = [sold(int(pk)) for pk in subjects]
    else:
        rows = [subject.split(":") for subject in subjects]
        answers = [make_product(title, price=p, stock=int(n)).pk for title, p, n in rows]
    print(*answers)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
