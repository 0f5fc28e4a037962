"""Wish lists: private, several, shared by a link, moved to the cart."""

import re
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.users.models import User
from catalog.models import Product
from catalog.wish_lists import items, services
from catalog.wish_lists.models import Line, WishList
from checkout.basket.models import Basket
from microflight.core.errors import ServiceError
from tests.catalog import factories
from tests.checkout.shopper import text

pytestmark = pytest.mark.django_db
LISTS = "/account/wish-lists/"


def add_url(product: Product) -> str:
    return f"{LISTS}add/{product.pk}/"


@pytest.fixture
def customer(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def rod() -> Product:
    return factories.product("Rod", sku="MF-CR-1", price="2.50")


@pytest.fixture
def wish_list(alice: User, rod: Product) -> WishList:
    return services.add(user=alice, product=rod)


def said(client: Client, response: object) -> list[str]:
    return [str(each) for each in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]


def products_of(wish_list: WishList) -> list[str]:
    return [line.title for line in wish_list.lines.all()]


def test_button_on_the_product_page_adds_to_a_new_list(customer: Client, rod: Product) -> None:
    page = text(customer.get(rod.get_absolute_url()))
    assert f'method="post" action="{add_url(rod)}"' in page
    response = customer.post(add_url(rod), {"next": rod.get_absolute_url()})
    assert response.url == rod.get_absolute_url()
    wish_list = WishList.objects.get()
    assert (wish_list.name, wish_list.visibility) == ("Wish list", "Private")
    assert products_of(wish_list) == ["Rod"]
    assert said(customer, response) == ["Rod is on your wish list “Wish list”."]


def test_card_button_returns_to_the_card(customer: Client, rod: Product) -> None:
    page = text(customer.get("/catalogue/"))
    assert f'form="add-to-cart" formaction="{add_url(rod)}"' in page
    response = customer.post(add_url(rod), {"next": "/catalogue/?page=2", "card": "1"})
    assert response.url == f"/catalogue/?page=2#product-{rod.pk}"


def test_product_is_on_a_list_once(customer: Client, wish_list: WishList, rod: Product) -> None:
    customer.post(add_url(rod))
    assert [line.quantity for line in Line.objects.all()] == [1]
    with pytest.raises(IntegrityError), transaction.atomic():
        wish_list.lines.create(product=rod, title="Rod")


def test_selected_variant_is_added(customer: Client) -> None:
    parent = factories.with_variants("Propeller", ["2.00", "3.00"])
    second = parent.children.order_by("pk").last()
    customer.post(add_url(parent), {"variant": second.pk})
    (item,) = items.read(WishList.objects.get())
    assert (item.line.product, item.price, item.can_add) == (second, "$3.00", True)
    assert item.url == f"{parent.get_absolute_url()}?variant={second.upc}"


def test_guest_logs_in_and_the_product_is_added(client: Client, alice: User, rod: Product) -> None:
    response = client.post(add_url(rod), {"next": "/catalogue/"})
    assert response.url == "/account/login/?next=%2Faccount%2Fwish-lists%2F"
    assert not WishList.objects.exists()
    assert "we add Rod to your wish list" in text(client.get(response.url))
    client.post(response.url, {"login": alice.email, "password": "pass-alice-3.6"})
    response = client.get(LISTS)
    wish_list = WishList.objects.get()
    assert (wish_list.owner, products_of(wish_list)) == (alice, ["Rod"])
    assert response.url == wish_list.get_absolute_url()
    assert client.get(LISTS).status_code == 200
    assert Line.objects.count() == 1


@pytest.mark.parametrize("hidden", ["product", "parent", "none"])
def test_product_that_is_not_public_cannot_be_added(customer: Client, hidden: str) -> None:
    parent = factories.with_variants("Propeller", ["2.00"])
    Product.objects.filter(pk=parent.pk).update(is_public=False)
    pk = {"product": parent.pk, "parent": parent.children.get().pk, "none": 10**17}[hidden]
    assert customer.post(f"{LISTS}add/{pk}/").status_code == 404
    assert not WishList.objects.exists()


def test_newest_list_receives_products(customer: Client, wish_list: WishList) -> None:
    response = customer.post(LISTS, {"name": "  Summer  build "})
    newest = WishList.objects.get(name="Summer build")
    assert response.url == newest.get_absolute_url()
    customer.post(add_url(factories.product("Motor")))
    assert (products_of(newest), products_of(wish_list)) == (["Motor"], ["Rod"])
    page = text(customer.get(LISTS))
    assert page.index("Summer build") < page.index(">Wish list<")


@pytest.mark.parametrize("name", ["", "x" * 61, "a\nb", "\x00"])
def test_invalid_name_is_rejected_and_shown(
    customer: Client, wish_list: WishList, name: str
) -> None:
    assert customer.post(LISTS, {"name": name}).status_code == 422
    assert customer.post(wish_list.get_absolute_url(), {"name": name}).status_code == 422
    assert [each.name for each in WishList.objects.all()] == ["Wish list"]


def test_lists_and_products_are_limited(alice: User, wish_list: WishList) -> None:
    for number in range(services.MAX_LISTS - 1):
        services.create(user=alice, name=f"List {number}")
    with pytest.raises(ServiceError, match="You have 20 wish lists"):
        services.create(user=alice, name="One more")
    rows = [Product(title=f"P{n}", slug=f"p{n}", structure="standalone") for n in range(99)]
    for each in rows:
        each.product_class = Product.objects.get().product_class
    made = Product.objects.bulk_create(rows)
    Line.objects.bulk_create(
        [Line(wishlist=wish_list, product=each, title=each.title) for each in made]
    )
    with pytest.raises(ServiceError, match="This wish list is full"):
        services.add(user=alice, product=factories.product("Late"), wish_list=wish_list)
    assert (WishList.objects.count(), wish_list.lines.count()) == (20, 100)


def test_product_moves_to_another_list(
    customer: Client, alice: User, bob: User, wish_list: WishList
) -> None:
    other, foreign = (services.create(user=user, name="Other") for user in (alice, bob))
    line = wish_list.lines.get()
    url = f"{wish_list.get_absolute_url()}lines/"
    assert customer.post(url, {"move": line.pk, "to": foreign.pk}).status_code == 404
    assert customer.post(url, {"move": line.pk, "to": "x"}).status_code == 404
    assert products_of(wish_list) == ["Rod"]
    customer.post(url, {"move": line.pk, "to": other.pk})
    assert (products_of(wish_list), products_of(other)) == ([], ["Rod"])
    customer.post(f"{other.get_absolute_url()}lines/", {"remove": other.lines.get().pk})
    assert not Line.objects.exists()


def test_list_moves_to_the_cart_and_keeps_what_cannot_be_ordered(
    customer: Client, alice: User, wish_list: WishList
) -> None:
    services.add(user=alice, product=factories.product("Sold out motor", stock=0))
    services.add(user=alice, product=factories.with_variants("Propeller", ["2.00", "3.00"]))
    response = customer.post(f"{wish_list.get_absolute_url()}cart/")
    assert response.url == wish_list.get_absolute_url()
    basket = Basket.objects.get()
    assert (basket.owner, basket.item_count, basket.total) == (alice, 1, Decimal("2.50"))
    assert products_of(wish_list) == ["Sold out motor", "Propeller"]
    assert said(customer, response)[-3:] == [
        "Moved 1 product to your cart.",
        "Sold out motor: Sold out.",
        "Propeller: This product cannot be ordered.",
    ]


def test_one_line_moves_to_the_cart(customer: Client, alice: User, wish_list: WishList) -> None:
    services.add(user=alice, product=factories.product("Motor"))
    line = wish_list.lines.first()
    response = customer.post(f"{wish_list.get_absolute_url()}cart/", {"line": line.pk})
    assert response.url == "/cart/"
    assert products_of(wish_list) == ["Motor"]
    customer.post(f"{wish_list.get_absolute_url()}cart/", {"line": line.pk})
    assert Basket.objects.get().item_count == 1


@pytest.mark.parametrize("page", ["", "cart/", "lines/", "share/", "remove/"])
def test_another_customer_gets_404(
    client: Client, bob: User, wish_list: WishList, page: str
) -> None:
    wish_list.share()
    client.force_login(bob)
    assert client.post(f"{wish_list.get_absolute_url()}{page}", {"name": "x"}).status_code == 404
    assert client.get(wish_list.get_absolute_url()).status_code == 404
    wish_list.refresh_from_db()
    assert (wish_list.name, wish_list.is_shared, products_of(wish_list)) == (
        "Wish list", True, ["Rod"],
    )  # fmt: skip


@pytest.mark.promise("wish-lists")
def test_shared_list_is_seen_by_its_link_until_it_is_revoked(
    customer: Client, alice: User, wish_list: WishList
) -> None:
    guest, share = Client(), f"{wish_list.get_absolute_url()}share/"
    private = f"/wish-lists/shared/{wish_list.key}/"
    assert guest.get(private).status_code == 404
    customer.post(share)
    wish_list.refresh_from_db()
    link = f"/wish-lists/shared/{wish_list.key}/"
    assert len(wish_list.key) == 32
    assert link != private
    assert f'value="http://127.0.0.1:8000{link}"' in text(
        customer.get(wish_list.get_absolute_url())
    )
    response = guest.get(link)
    page = text(response)
    assert "Rod" in page
    assert alice.first_name not in page
    assert alice.email not in page
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    guest.post("/quick-order/add/", {"product": re.findall(r'name="product" value="(\d+)"', page)})
    assert Basket.objects.get().item_count == 2  # a button for each, and one for all
    customer.post(share, {"stop": "1"})
    assert guest.get(link).status_code == 404
    customer.post(share)
    assert guest.get(link).status_code == 404
    assert products_of(wish_list) == ["Rod"]


def test_product_that_left_the_shop_stays_as_a_title(
    customer: Client, wish_list: WishList, rod: Product
) -> None:
    Product.objects.filter(pk=rod.pk).update(is_public=False)
    page = text(customer.get(wish_list.get_absolute_url()))
    assert "Rod" in page
    assert "No longer available" in page
    assert rod.get_absolute_url() not in page
    rod.delete()
    assert "Rod" in text(customer.get(wish_list.get_absolute_url()))


def test_items_take_two_queries(
    alice: User, wish_list: WishList, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        services.add(user=alice, product=factories.with_variants(f"Motor {number}", ["2.00"]))
    with django_assert_num_queries(2):
        assert len(items.read(wish_list)) == 6


def test_closed_account_leaves_no_list(staff: Client, alice: User, wish_list: WishList) -> None:
    alice_again = User.objects.get(pk=alice.pk)
    staff.post(f"/admin/users/user/{alice_again.pk}/delete/", {"post": "yes"})
    assert not WishList.objects.exists()
    assert not Line.objects.exists()
