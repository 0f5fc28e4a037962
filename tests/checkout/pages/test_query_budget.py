"""The query budget of a guest checkout, from the product page to the placed order."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import read_model
from checkout.order.models import Order
from tests.checkout.conftest import token
from tests.checkout.factories import make_offer, make_product, put_in_category
from tests.checkout.shopper import ANSWERS, hidden, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


def press(client, asked, method, path, data=None):
    """Make a request and count its queries, including savepoints."""
    with CaptureQueriesContext(connection) as statements:
        response = getattr(client, method)(path, data or {})
    assert response.status_code in {200, 302}, response.content[:500]
    asked[f"{method} {path}"] = len(statements)
    return response


def test_guest_checkout_takes_100_queries_and_two_locks_in_6_requests(client, stripe_double):
    product = make_product(price="49.00")
    read_model.refresh([product])  # as the admin and the seed do
    put_in_category(product, "Aircraft")
    make_offer("Ten off", percent="10")
    card = token(stripe_double)
    client.get("/cart/")  # the menu is cached for a minute
    client.get(make_product().get_absolute_url())  # and so are the external offers of all products
    asked = {}

    press(client, asked, "get", product.get_absolute_url())
    cart = press(client, asked, "post", f"/cart/add/{product.pk}/", {"quantity": 1}).url
    press(client, asked, "get", cart)
    page = text(press(client, asked, "get", "/checkout/"))
    piece = text(press(client, asked, "post", "/checkout/quote/", ANSWERS))
    form = ANSWERS | {
        name: hidden(where, name)
        for name, where in (("cart", page), ("policies", page), ("fingerprint", piece))
    }
    form |= {"agreed": "on", "confirmation_token": card}
    press(client, asked, "post", "/checkout/pay/", form)

    assert Order.objects.get().status == "placed"
    assert len(asked) == 6
    # on PostgreSQL, two more statements lock the unpaid orders of the visitor's network, and keep
    # staff from changing what can be ordered while the shop is away
    locks = 2 if connection.vendor == "postgresql" else 0
    assert sum(asked.values()) <= 100 + locks, asked
