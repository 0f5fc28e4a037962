"""The product comparison."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import ProductClass
from tests.catalog import factories

pytestmark = pytest.mark.django_db
ADD, REMOVE, LIST = "/compare/add/", "/compare/remove/", "/compare/"


def _page(client: Client) -> str:
    return client.get(LIST).content.decode()


def test_empty_comparison_shows_how_to_add_products(client):
    assert "Nothing to compare yet" in _page(client)


def test_products_are_compared_side_by_side(client):
    rod = factories.product("Rod", price="3.00", weight="0.3", values={"Length (mm)": 1000.0})
    coil = factories.with_variants("Coil", ["15.00", "12.00"], values={"Throw (degrees)": 30.0})
    for one in (rod, coil):
        assert client.post(ADD, {"product": one.pk}).status_code == 302
    page = _page(client)
    assert page.index(">Rod</a>") < page.index(">Coil</a>")
    assert '<th scope="row">Length</th><td>1000\N{NO-BREAK SPACE}mm</td><td><span' in page
    assert '<span class="from">from</span> $12.00' in page
    assert "Compare, 2 products" in page


def _rows(page: str) -> list[str]:
    return re.findall(r'<th[^>]* scope="(?:row|rowgroup)"[^>]*>([^<]+)</th>', page)


def test_rows_that_differ_come_first(client):
    for title, length in (("Rod", 1000.0), ("Tube", 500.0)):
        facts = {"Bore (mm)": 1.0, "Length (mm)": length}
        client.post(ADD, {"product": factories.product(title, values=facts).pk})
    live = ["Weight", "Price (CAD, before tax)", "Availability"]
    assert _rows(_page(client)) == [*live, "Length", "The same for all", "Bore", "Battery"]


def test_products_of_one_type_are_side_by_side(client):
    rod, tool, tube = (factories.product(title) for title in ("Rod", "Knife", "Tube"))
    tool.product_class = ProductClass.objects.create(name="Tool")
    tool.save()
    for one in (rod, tool, tube):
        client.post(ADD, {"product": one.pk})
    page = _page(client)
    assert re.findall(r'<a href="/catalogue/[^"]+">(\w+)</a>', page) == ["Rod", "Tube", "Knife"]


def test_compared_product_can_be_added_to_the_cart(client):
    rod = factories.product("Rod")
    coil = factories.with_variants("Coil", ["15.00", "12.00"])
    sold_out = factories.product("Tube", stock=0)
    for one in (rod, coil, sold_out):
        client.post(ADD, {"product": one.pk})
    page = _page(client)
    assert page.count("Add to cart") == 1
    assert f'action="/cart/add/{rod.pk}/"' in page
    assert f'<a class="button" href="{coil.get_absolute_url()}">Choose an option' in page
    added = client.post(f"/cart/add/{rod.pk}/", {"from": LIST})
    assert added.url == "/cart/?from=%2Fcompare%2F"


def test_fifth_product_is_rejected(client):
    for number in range(5):
        answer = client.post(ADD, {"product": factories.product(f"Rod {number}").pk}, follow=True)
    page = answer.content.decode()
    assert "You can compare up to 4 products. Remove one to add Rod 4." in page
    assert ">Rod 3</a>" in page
    assert ">Rod 4</a>" not in page


def test_product_is_added_once_and_removed(client):
    rod = factories.product("Rod")
    client.post(ADD, {"product": rod.pk})
    client.post(ADD, {"product": rod.pk})
    assert client.session["compare"] == [rod.pk]
    client.post(REMOVE, {"product": rod.pk})
    assert "compare" not in client.session


def test_variant_is_compared_as_its_product(client):
    coil = factories.with_variants("Coil", ["15.00"])
    client.post(ADD, {"product": coil.children.get().pk})
    assert client.session["compare"] == [coil.pk]


def test_deleted_product_leaves_the_comparison(client):
    rod = factories.product("Rod")
    client.post(ADD, {"product": rod.pk})
    rod.delete()
    assert "Nothing to compare yet" in _page(client)
    assert "compare" not in client.session


@pytest.mark.parametrize("product", ["", "x", "-1", "²", "9" * 40, "999999"])
def test_unknown_product_returns_404_and_changes_nothing(client, product):
    assert client.post(ADD, {"product": product}).status_code == 404
    assert client.post(REMOVE, {"product": product}).status_code == 302
    assert "compare" not in client.session


@pytest.mark.parametrize("stored", ["x", [1, "y", None], {"a": 1}, [[]]])
def test_invalid_session_data_is_ignored(client, stored):
    session = client.session
    session["compare"] = stored
    session.save()
    assert client.get(LIST).status_code == 200
    assert client.get("/").status_code == 200


def test_redirect_stays_on_the_site(client):
    rod = factories.product("Rod")
    there = client.post(ADD, {"product": rod.pk, "next": rod.get_absolute_url()})
    assert there["Location"] == rod.get_absolute_url()
    away = client.post(ADD, {"product": rod.pk, "next": "https://example.org/"})
    assert away["Location"] == reverse("compare:list")


def test_get_is_not_allowed(client):
    assert client.get(ADD).status_code == 405
    assert client.get(REMOVE).status_code == 405
