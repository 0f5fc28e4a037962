"""Prints the number of queries of pages and of a whole purchase: name, number, limit.

Runs in its own process, with the environment of the measured shop.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from catalog.models import Product  # noqa: E402
from checkout.offers.models import ConditionalOffer  # noqa: E402
from checkout.order.models import Order  # noqa: E402
from tests.bench.pages import full_pages  # noqa: E402
from tests.checkout.conftest import token  # noqa: E402
from tests.checkout.factories import make_offer  # noqa: E402
from tests.checkout.shopper import ANSWERS, hidden, text  # noqa: E402
from tests.stripe_double.control import Double  # noqa: E402

LINES = 10
OFFERS = 3


def _visitor() -> Client:
    return Client(SERVER_NAME="127.0.0.1")


def _counted(ask: Callable[[], Any]) -> tuple[Any, int]:
    """Return the response and the number of queries, savepoints included."""
    with CaptureQueriesContext(connection) as asked:
        answer = ask()
    if answer.status_code not in (200, 302):
        raise SystemExit(f"{answer.status_code}: {answer.content[:300]!r}")
    return answer, len(asked)


def _page(path: str) -> int:
    _visitor().get("/cart/")  # the menu is read once a minute, not for each visitor
    return _counted(lambda: _visitor().get(path))[1]


def _sold() -> list[Product]:
    """Return standalone products in stock."""
    found = Product.objects.browsable().filter(structure=Product.STANDALONE)
    return list(found.filter(stockrecords__num_in_stock__gte=5).order_by("pk")[:LINES])


def _cart() -> tuple[int, int]:
    """Return the queries of adding the last of ten lines, and of the cart page."""
    visitor, added = _visitor(), 0
    for product in _sold():
        path = f"/cart/add/{product.pk}/"
        _, added = _counted(lambda path=path: visitor.post(path, {"quantity": 1}))
    return added, _counted(lambda: visitor.get("/cart/"))[1]


def _purchase(double: Double) -> tuple[int, int]:
    """Return queries and requests from the product page to the placed order."""
    visitor, product, asked = _visitor(), _sold()[0], []

    def press(method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        answer, number = _counted(lambda: getattr(visitor, method)(path, data or {}))
        asked.append(number)
        return answer

    press("get", product.get_absolute_url())
    cart = press("post", f"/cart/add/{product.pk}/", {"quantity": 1}).url
    press("get", cart)
    page = text(press("get", "/checkout/"))
    piece = text(press("post", "/checkout/quote/", ANSWERS))
    form = ANSWERS | {"agreed": "on", "confirmation_token": token(double)}
    form |= {name: hidden(page, name) for name in ("cart", "policies")}
    press("post", "/checkout/pay/", form | {"fingerprint": hidden(piece, "fingerprint")})
    if Order.objects.order_by("-pk").values_list("status", flat=True).first() != "placed":
        raise SystemExit("The purchase was not placed.")
    return sum(asked), len(asked)


def main() -> None:
    """Measure with three offers running, on pages that are not cached."""
    for number in range(OFFERS - ConditionalOffer.objects.filter(offer_type="Site").count()):
        make_offer(f"Bench {number}", exclusive=False)
    category, product = full_pages()
    with ExitStack() as stack:
        double = stack.enter_context(Double())
        stack.enter_context(override_settings(STRIPE_API_BASE=double.url, PAGE_CACHE_SECONDS=0))
        added, cart = _cart()
        statements, requests = _purchase(double)
        rows = [
            ("category page of 24 products", _page(category), 8),
            ("product page", _page(product), 12),
            ("anonymous home", _page("/"), 6),
            ("add to cart", added, 20),
            (f"cart of {LINES} lines with {OFFERS} offers", cart, 40),
            ("guest checkout of one line", statements, 100),
            ("guest checkout, requests", requests, 6),
        ]
    for row in rows:
        print(*row, sep="\t")  # noqa: T201


if __name__ == "__main__":
    main()
