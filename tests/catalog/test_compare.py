"""The visitor's comparison: four products side by side."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.catalog import shelf

pytestmark = pytest.mark.django_db
ADD, REMOVE, LIST = "/compare/add/", "/compare/remove/", "/compare/"


def _page(client: Client) -> str:
    return client.get(LIST).content.decode()


def test_an_empty_comparison_says_how_to_fill_it(client):
    assert "Nothing to compare yet" in _page(client)


def test_two_products_stand_side_by_side(client):
    rod = shelf.product("Rod", price="3.00", weight="0.3", facts={"Length (mm)": 1000.0})
    coil = shelf.with_variants("Coil", ["15.00", "12.00"], facts={"Throw (degrees)": 30.0})
    for one in (rod, coil):
        assert client.post(ADD, {"product": one.pk}).status_code == 302
    page = _page(client)
    assert page.index(">Rod</a>") < page.index(">Coil</a>")
    assert '<th scope="row">Length</th><td>1000\N{NO-BREAK SPACE}mm</td><td><span' in page
    assert '<span class="from">from</span> $12.00' in page
    assert "Compare, 2 products" in page


def test_a_fifth_product_is_refused_and_nothing_changes(client):
    for number in range(5):
        answer = client.post(ADD, {"product": shelf.product(f"Rod {number}").pk}, follow=True)
    page = answer.content.decode()
    assert "You compare 4 products already" in page
    assert ">Rod 3</a>" in page
    assert ">Rod 4</a>" not in page


def test_adding_twice_keeps_one_and_removing_takes_it_out(client):
    rod = shelf.product("Rod")
    client.post(ADD, {"product": rod.pk})
    client.post(ADD, {"product": rod.pk})
    assert client.session["compare"] == [rod.pk]
    client.post(REMOVE, {"product": rod.pk})
    assert "compare" not in client.session


def test_a_variant_stands_in_the_comparison_as_its_product(client):
    coil = shelf.with_variants("Coil", ["15.00"])
    client.post(ADD, {"product": coil.children.get().pk})
    assert client.session["compare"] == [coil.pk]


def test_what_was_taken_off_the_shop_leaves_the_comparison(client):
    rod = shelf.product("Rod")
    client.post(ADD, {"product": rod.pk})
    rod.delete()
    assert "Nothing to compare yet" in _page(client)
    assert "compare" not in client.session


@pytest.mark.parametrize("product", ["", "x", "-1", "²", "9" * 40, "999999"])
def test_what_cannot_be_compared_is_not_found_and_nothing_changes(client, product):
    assert client.post(ADD, {"product": product}).status_code == 404
    assert client.post(REMOVE, {"product": product}).status_code == 302
    assert "compare" not in client.session


@pytest.mark.parametrize("stored", ["x", [1, "y", None], {"a": 1}, [[]]])
def test_garbage_in_the_session_breaks_nothing(client, stored):
    session = client.session
    session["compare"] = stored
    session.save()
    assert client.get(LIST).status_code == 200
    assert client.get("/").status_code == 200


def test_the_way_back_never_leads_off_the_site(client):
    rod = shelf.product("Rod")
    there = client.post(ADD, {"product": rod.pk, "next": rod.get_absolute_url()})
    assert there["Location"] == rod.get_absolute_url()
    away = client.post(ADD, {"product": rod.pk, "next": "https://example.org/"})
    assert away["Location"] == reverse("compare:list")


def test_reading_an_address_never_changes_the_comparison(client):
    assert client.get(ADD).status_code == 405
    assert client.get(REMOVE).status_code == 405
