"""The buttons on product cards add to the cart and keep the place in the list."""

import re

import pytest
from django.test import Client

from checkout.basket.models import Line
from tests.catalog import factories
from tests.checkout.shopper import text

pytestmark = pytest.mark.django_db
LIST = "/catalogue/?sort=price&page=2"


def button(page: str, title: str) -> str:
    """Return the button or link of a card; empty if it has none."""
    found = re.search(rf"<(?:button|a) [^>]*>[^<]*<span class=\"unseen\">: {title}<", page)
    return found[0] if found else ""


def test_list_shows_a_button_for_what_one_click_can_add(client: Client) -> None:
    rod = factories.product("Rod")
    factories.product("Sold out motor", stock=0)
    parent = factories.with_variants("Propeller", ["2.00", "3.00"])
    page = text(client.get("/catalogue/"))
    assert f'form="add-to-cart" formaction="/cart/add/{rod.pk}/"' in button(page, "Rod")
    assert button(page, "Sold out motor") == ""
    assert f'href="{parent.get_absolute_url()}"' in button(page, "Propeller")
    assert page.count('<form id="add-to-cart"') == page.count(f'id="product-{rod.pk}"') == 1


def test_card_button_adds_one_and_returns_to_the_card(client: Client) -> None:
    rod = factories.product("Rod")
    fields = {"next": LIST, "card": "1"}
    response = client.post(f"/cart/add/{rod.pk}/", fields)
    assert Line.objects.get().quantity == 1
    page = text(client.get(response.url))
    place = f"/catalogue/?sort=price&amp;page=2#product-{rod.pk}"
    assert f'<a href="{place}">Continue shopping</a>' in page


def test_card_of_a_product_sold_out_meanwhile_returns_with_the_reason(client: Client) -> None:
    rod = factories.product("Rod", stock=0)
    response = client.post(f"/cart/add/{rod.pk}/", {"next": LIST, "card": "1"})
    assert response.url == f"{LIST}#product-{rod.pk}"
    assert not Line.objects.exists()
    assert "Rod: Sold out." in text(client.get("/catalogue/"))


def test_product_page_keeps_the_chosen_quantity(client: Client) -> None:
    rod = factories.product("Rod", stock=2)
    fields = {"next": rod.get_absolute_url(), "quantity": "3"}
    response = client.post(f"/cart/add/{rod.pk}/", fields)
    assert response.url == f"{rod.get_absolute_url()}?quantity=3"
    assert not Line.objects.exists()


def test_list_form_names_the_page_with_sorting(client: Client) -> None:
    factories.products(30, factories.category("Rods"))
    page = text(client.get("/catalogue/?page=2&sort=price&utm=x"))
    url = "/catalogue/?sort=price&amp;page=2"
    assert f'form="add-to-cart" name="next" value="{url}">' in page


@pytest.mark.parametrize("path", ["/cart/add/{}/", "/account/wish-lists/add/{}/"])
def test_visitor_without_cookies_confirms_and_gets_the_token_there(path: str) -> None:
    # Mutation: a token on each list set a cookie for visitors who only read
    guest, rod = Client(enforce_csrf_checks=True), factories.product("Rod")
    assert '<form id="add-to-cart" method="get"' in text(guest.get("/catalogue/"))
    assert not guest.cookies
    url = path.format(rod.pk)
    page = text(guest.get(f"{url}?next=%2Fcatalogue%2F&card=1"))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)">\s*<input[^>]*next', page)[1]
    data = {"csrfmiddlewaretoken": token, "next": "/catalogue/", "card": "1"}
    assert guest.post(url, data).status_code == 302
    assert '<form id="add-to-cart" method="post"' in text(guest.get("/catalogue/"))
