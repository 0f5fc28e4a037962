"""The cart page: adding, changing, removing and saving items, and the cart cookie."""

from decimal import Decimal

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from checkout.basket.models import Basket, Line
from checkout.pages.basket_middleware import cookie_value
from tests.catalog import stock
from tests.checkout.factories import make_parent, make_product, make_voucher
from tests.checkout.shopper import CART, add_to_cart, cart_text

pytestmark = pytest.mark.django_db


def test_guest_cart_shows_items_and_total(client):
    product = make_product(price="49.00")

    response = add_to_cart(client, product, 2)

    assert (response.status_code, response.url) == (302, CART)
    basket = Basket.objects.get()
    assert (basket.item_count, basket.total, basket.owner) == (2, Decimal("98.00"), None)
    page = cart_text(client)
    assert "Added to your cart: 2 × Carbon Butterfly." in page
    assert "$98.00" in page
    assert "7.2\N{NO-BREAK SPACE}g" in page
    assert f"SKU-{product.pk}" in page


@pytest.mark.promise("guarded-cookies")
def test_cart_cookie_is_http_only_and_same_site(client):
    add_to_cart(client, make_product())
    cookie = client.cookies[settings.OSCAR_BASKET_COOKIE_OPEN]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 30 * 24 * 3600


def test_same_product_twice_is_one_line(client):
    product = make_product()
    add_to_cart(client, product, 1)
    add_to_cart(client, product, 3)
    assert Line.objects.get().quantity == 4


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "many", "", "9" * 40, "\x00", "２０００"])
def test_invalid_quantity_is_rejected_with_an_error(client, quantity):
    add_to_cart(client, make_product(), quantity)
    assert not Line.objects.exists()
    assert "Quantity: " in cart_text(client)


def test_quantity_above_stock_shows_how_many_are_left(client):
    product = make_product(stock=3)
    add_to_cart(client, product, 2)
    add_to_cart(client, product, 2)
    assert Line.objects.get().quantity == 2
    assert "Carbon Butterfly: Only 3 left. You have 2 in your cart." in cart_text(client)


def test_committed_stock_is_not_for_sale(client):
    product = make_product(stock=3)
    stock.commit(3)
    add_to_cart(client, product)
    assert not Line.objects.exists()
    assert "Carbon Butterfly: Sold out." in cart_text(client)


def test_backorder_can_exceed_stock(client):
    add_to_cart(client, make_product(stock=0, backorder=True), 5)
    assert Line.objects.get().quantity == 5
    assert "On backorder" in cart_text(client)


def test_unknown_product_returns_404(client):
    assert client.post(reverse("basket:add", args=[999])).status_code == 404
    assert client.post("/cart/add/99999999999999999999999/").status_code == 404
    assert client.post("/cart/add/x/").status_code == 404
    assert not Basket.objects.exists()


def test_hidden_product_returns_404(client):
    product = make_product(is_public=False)
    assert add_to_cart(client, product).status_code == 404


def test_parent_product_requires_an_option(client):
    parent = make_parent()
    red = make_product("Red", parent=parent)
    add_to_cart(client, parent)
    assert "Propeller: choose an option first." in cart_text(client)
    add_to_cart(client, red)
    assert Line.objects.get().product == red


def test_rejected_add_keeps_variant_and_quantity_and_never_leaves_the_site(client):
    product = make_product(stock=3)
    choice = {"quantity": 7, "variant": str(product.pk)}
    response = add_to_cart(client, product, next="/catalogue/x/", **choice)
    assert response.url == f"/catalogue/x/?variant={product.pk}&quantity=7"
    assert add_to_cart(client, product, 7, next="https://evil.example/").url == CART
    assert not Line.objects.exists()


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        ("http://testserver/catalogue/x_1/?page=2", "/catalogue/x_1/?page=2"),
        ("http://testserver/search/?q=rod", "/search/?q=rod"),
        ("http://testserver/cart/", "/catalogue/"),
        ("http://testserver/checkout/", "/catalogue/"),
        ("http://testserver/account/orders/", "/catalogue/"),
        ("https://evil.example/catalogue/", "/catalogue/"),
        ("", "/catalogue/"),
    ],
)
def test_continue_shopping_returns_to_the_page_before_the_cart(client, before, shown):
    add_to_cart(client, make_product())
    page = client.get(CART, headers={"Referer": before}).content.decode()
    assert f'<a href="{shown}">Continue shopping</a>' in page


def test_continue_shopping_survives_changes_of_the_cart(client):
    added = add_to_cart(client, make_product(), next="/catalogue/x_1/")
    line = Line.objects.get()
    assert added.url == "/cart/?from=%2Fcatalogue%2Fx_1%2F"
    assert '<a href="/catalogue/x_1/">Continue shopping</a>' in client.get(added.url).text
    form = {f"quantity-{line.pk}": "2", "from": "/catalogue/x_1/"}
    assert client.post(reverse("basket:update"), form).url == added.url
    evil = form | {"from": "//evil.example/"}
    assert client.post(reverse("basket:update"), evil).url == CART


@pytest.mark.parametrize("button", ["remove", "quantity 0"])
def test_removed_item_can_be_put_back_by_undo(client, button):
    product = make_product()
    add_to_cart(client, product, 3)
    line = Line.objects.get()
    if button == "remove":
        client.post(reverse("basket:remove", args=[line.pk]))
    else:
        client.post(reverse("basket:update"), {f"quantity-{line.pk}": "0"})
    assert not Line.objects.exists()
    page = cart_text(client)
    assert "Removed from your cart: Carbon Butterfly." in page
    assert f'action="{reverse("basket:add", args=[product.pk])}"' in page
    assert '<input type="hidden" name="quantity" value="3">' in page
    assert "Removed from your cart" not in cart_text(client)


def test_add_by_get_shows_a_form_and_adds_nothing(client):
    product = make_product()
    response = client.get(reverse("basket:add", args=[product.pk]))
    assert response.status_code == 200
    assert 'method="post"' in response.content.decode()
    assert not Basket.objects.exists()
    assert client.get(reverse("basket:add", args=[10**17])).status_code == 404


def test_update_changes_quantities_and_zero_removes_the_line(client):
    add_to_cart(client, make_product("One"))
    add_to_cart(client, make_product("Two"))
    one, two = Line.objects.order_by("pk")
    form = {f"quantity-{one.pk}": "3", f"quantity-{two.pk}": "0"}
    assert client.post(reverse("basket:update"), form).url == CART
    assert Line.objects.get().quantity == 3
    assert Basket.objects.get().item_count == 3


def test_update_shows_error_at_its_field_and_saves_the_rest(client):
    add_to_cart(client, make_product("One", stock=4))
    add_to_cart(client, make_product("Two"))
    one, two = Line.objects.order_by("pk")
    form = {f"quantity-{one.pk}": "9", f"quantity-{two.pk}": "5"}
    response = client.post(reverse("basket:update"), form)
    assert response.status_code == 422
    assert f'id="error-{one.pk}"><li>Only 4 left.' in response.content.decode()
    assert 'value="9"' in response.content.decode()
    assert [line.quantity for line in Line.objects.order_by("pk")] == [1, 5]


@pytest.mark.parametrize("typed", ["-3", "x", "1e3", "9" * 30])
def test_garbage_quantity_changes_nothing(client, typed):
    add_to_cart(client, make_product())
    line = Line.objects.get()
    response = client.post(reverse("basket:update"), {f"quantity-{line.pk}": typed})
    assert response.status_code == 422
    assert Line.objects.get().quantity == 1


def test_lines_of_another_cart_cannot_be_changed(client):
    add_to_cart(client, make_product())
    line = Line.objects.get()
    thief = Client()
    add_to_cart(thief, make_product("Other"))
    thief.post(reverse("basket:update"), {f"quantity-{line.pk}": "7", "quantity-x": "1"})
    thief.post(reverse("basket:remove", args=[line.pk]))
    thief.post(reverse("basket:save", args=[line.pk]))
    thief.post(reverse("basket:restore", args=[line.pk]))
    thief.post(reverse("basket:remove-saved", args=[line.pk]))
    line.refresh_from_db()
    assert (line.quantity, line.basket.lines.count()) == (1, 1)


def test_line_above_stock_blocks_checkout(client):
    add_to_cart(client, make_product(stock=5), 5)
    stock.put(2)
    page = cart_text(client)
    assert "Only 2 left." in page
    assert "Fix the highlighted items to continue." in page
    assert ">Check out<" not in page


def test_line_is_saved_for_later_and_restored(client):
    add_to_cart(client, make_product(), 2)
    line = Line.objects.get()
    client.post(reverse("basket:save", args=[line.pk]))
    page = cart_text(client)
    assert "Saved for later" in page
    assert "Your cart is empty" in page
    assert Basket.objects.get(status="Open").item_count == 0
    client.post(reverse("basket:restore", args=[line.pk]))
    assert Basket.objects.get(status="Open").item_count == 2
    assert "Moved to your cart: Carbon Butterfly." in cart_text(client)


def test_login_merges_guest_cart_and_saved_items(client, alice):
    add_to_cart(client, make_product("One"))
    add_to_cart(client, make_product("Two"))
    client.post(reverse("basket:save", args=[Line.objects.first().pk]))
    client.force_login(alice)
    page = cart_text(client)
    assert "Saved for later" in page
    open_one = Basket.objects.get(status="Open")
    assert (open_one.owner, open_one.item_count) == (alice, 1)
    assert Basket.objects.get(status="Saved").owner == alice
    assert not client.cookies[settings.OSCAR_BASKET_COOKIE_OPEN].value


@pytest.mark.parametrize("forged", ["1", "1:abc", "x" * 5000, "", "1:" + "é" * 9])
def test_forged_cookie_gets_a_new_cart(client, forged):
    other = Client()
    add_to_cart(other, make_product())
    client.cookies[settings.OSCAR_BASKET_COOKIE_OPEN] = forged
    assert "Your cart is empty" in cart_text(client)
    add_to_cart(client, make_product("Mine"))
    assert Basket.objects.count() == 2


def test_cookie_does_not_open_the_cart_of_an_account(client, alice):
    mine = Basket.objects.create(owner=alice)
    client.cookies[settings.OSCAR_BASKET_COOKIE_OPEN] = cookie_value(mine.pk)
    add_to_cart(client, make_product())
    assert mine.lines.count() == 0


def test_cookie_of_a_deleted_cart_gets_a_new_cart(client):
    add_to_cart(client, make_product())
    Basket.objects.all().delete()
    assert "Your cart is empty" in cart_text(client)
    assert not client.cookies[settings.OSCAR_BASKET_COOKIE_OPEN].value


def test_ordered_cart_cannot_be_changed(client):
    product = make_product()
    add_to_cart(client, product)
    Basket.objects.update(status=Basket.SUBMITTED)
    line = Line.objects.get()
    client.post(reverse("basket:remove", args=[line.pk]))
    client.post(reverse("basket:update"), {f"quantity-{line.pk}": "5"})
    line.refresh_from_db()
    assert line.quantity == 1
    assert "Your cart is empty." in cart_text(client)


def test_cart_holds_at_most_500_items(client):
    add_to_cart(client, make_product(stock=9999), 499)
    add_to_cart(client, make_product("Two", stock=9999), 2)
    assert Basket.objects.get().item_count == 499
    assert "A cart holds at most 500 items." in cart_text(client)


@pytest.mark.parametrize(
    "garbage", ["x", "basket:add", "(", "//evil.example", "https://evil.example/"]
)
def test_garbage_next_url_redirects_to_the_cart(client, garbage):
    product = make_product()
    assert add_to_cart(client, product, "-1", next=garbage).url == CART
    answer = client.post(reverse("compare:add"), {"product": product.pk, "next": garbage})
    assert answer.url == reverse("compare:list")


def test_long_discount_code_is_rejected_and_comes_back_whole(client):
    # Mutation: `[:128]` in add_voucher(): a code that was never typed is applied
    make_voucher(code="A" * 128)
    add_to_cart(client, make_product())
    page = client.post(reverse("basket:voucher-add"), {"code": "A" * 128 + "B"}).content.decode()
    assert "A" * 39 + "… is not a valid discount code." in page
    assert f'value="{"A" * 128}B"' in page
    assert not Basket.objects.get().vouchers.exists()


def test_discount_code_guessing_is_limited(client):
    add_to_cart(client, make_product())
    make_voucher("SPRING")
    cache.set("limit:voucher:127.0.0.1", 60)
    answer = client.post(reverse("basket:voucher-add"), {"code": "SPRING"})
    assert answer.status_code == 422
    assert "Too many attempts." in answer.content.decode()
    assert not Basket.objects.get().vouchers.exists()


def test_saved_line_is_not_restored_above_the_item_limit(client):
    product = make_product(backorder=True)
    for _ in range(2):
        add_to_cart(client, product, settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD)
        client.post(reverse("basket:save", args=[Line.objects.get(basket__status="Open").pk]))
    assert Line.objects.get().quantity == 1000
    answer = client.post(reverse("basket:restore", args=[Line.objects.get().pk]), follow=True)
    assert "A cart holds at most 500 items" in answer.content.decode()
    assert (Line.objects.get().quantity, Line.objects.get().basket.status) == (1000, "Saved")
