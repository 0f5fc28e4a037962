"""Query counts of the cart: independent of the number of lines and offers."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checkout.basket.models import Basket
from checkout.pages.basket_middleware import cart_summary, cookie_value
from tests.checkout.factories import make_offer, make_product, put_in_category
from tests.checkout.shopper import add_to_cart

pytestmark = pytest.mark.django_db


def filled(client, lines):
    for n in range(lines):
        product = make_product(f"Part {n}")
        put_in_category(product, "Gear", "Motors")
        add_to_cart(client, product)


def statements(client, method, *args):
    client.get("/cart/")  # the menu is cached for a minute
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = getattr(client, method)(*args)
    assert response.status_code in {200, 302}
    return len(asked)


def three_offers():
    for n in range(3):
        make_offer(f"Offer {n}", priority=n, exclusive=False)


def test_cart_query_count_does_not_grow_with_lines_and_offers(client):
    three_offers()
    filled(client, 2)
    few = statements(client, "get", "/cart/")
    filled(client, 8)
    many = statements(client, "get", "/cart/")
    assert many == few
    assert many <= 40


def test_add_with_offers_takes_at_most_20_queries(client):
    three_offers()
    filled(client, 2)
    product = make_product("One more")
    put_in_category(product, "Gear", "Motors")
    path = reverse("basket:add", args=[product.pk])
    assert statements(client, "post", path, {"quantity": 1}) <= 20


def visitor(**cookies):
    return SimpleNamespace(COOKIES=cookies, _basket_cache=None)


def test_header_takes_one_query_and_none_without_a_cookie(django_assert_num_queries):
    basket = Basket.objects.create(item_count=3, total=Decimal("12.50"))
    with django_assert_num_queries(0):
        assert cart_summary(visitor()) == (0, Decimal(0))
        assert cart_summary(visitor(basket="1:forged")) == (0, Decimal(0))
    with django_assert_num_queries(1):
        found = cart_summary(visitor(basket=cookie_value(basket.pk)))
    assert found == (3, Decimal("12.50"))


@pytest.mark.parametrize("path", ["/cart/", "/checkout/"])
def test_get_stores_the_totals_only_if_a_price_changed(client, path):
    # Mutation: without the comparison in update_totals(), each GET wrote.
    product = make_product("Motor")
    put_in_category(product, "Gear", "Motors")
    add_to_cart(client, product)
    with CaptureQueriesContext(connection) as unchanged:
        client.get(path)
    assert [query["sql"] for query in unchanged if query["sql"].startswith("UPDATE")] == []
    product.stockrecords.update(price=Decimal("7.25"))
    with CaptureQueriesContext(connection) as changed:
        client.get(path)
    (update,) = [query["sql"] for query in changed if query["sql"].startswith("UPDATE")]
    assert update.startswith('UPDATE "basket_basket" SET "item_count"')
    assert Basket.objects.get().total == Decimal("7.25")
