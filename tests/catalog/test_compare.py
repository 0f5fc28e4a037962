"""The product comparison."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Product, ProductClass
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


def tool(title: str) -> Product:
    """Return a product of another type than those of the factory."""
    made = factories.product(title)
    made.product_class, _ = ProductClass.objects.get_or_create(name="Tool")
    made.save()
    return made


def _shown(page: str) -> list[str]:
    return re.findall(r'<a href="/catalogue/[^"]+">([^<]+)</a>', page)


# Mutation: without the check of the type, the knife was compared with the rod.
def test_another_type_of_product_offers_to_replace_the_comparison(client):
    rod, knife = factories.product("Rod"), tool("Knife")
    client.post(ADD, {"product": rod.pk})
    answer = client.post(ADD, {"product": knife.pk, "next": "/"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "<dd>Rod (Part)</dd>" in page
    assert "<dd>Knife (Tool)</dd>" in page
    assert client.session["compare"] == [rod.pk]
    replaced = client.post(ADD, {"product": knife.pk, "next": "/", "replace": "1"})
    assert (replaced.status_code, replaced["Location"]) == (302, "/")
    assert client.session["compare"] == [knife.pk]


def test_several_products_of_one_type_are_added_at_once(client):
    rod, knife, tube = factories.product("Rod"), tool("Knife"), factories.product("Tube")
    answer = client.post(ADD, {"product": [rod.pk, knife.pk, tube.pk]}, follow=True)
    page = answer.content.decode()
    assert "Rod, Tube added to your comparison." in page
    assert "Not compared, because it is another type of product: Knife." in page
    assert _shown(page) == ["Rod", "Tube"]


def test_earlier_comparison_of_two_types_keeps_the_first(client):
    rod, knife = factories.product("Rod"), tool("Knife")
    session = client.session
    session["compare"] = [rod.pk, knife.pk]
    session.save()
    page = _page(client)
    assert _shown(page) == ["Rod"]
    assert "Not compared, because it is another type of product: Knife." in page
    assert client.session["compare"] == [rod.pk]


def test_value_that_a_product_lacks_is_not_stated(client):
    client.post(ADD, {"product": factories.product("Rod", values={"Length (mm)": 9.0}).pk})
    client.post(ADD, {"product": factories.product("Tube").pk})
    row = re.search(r'<th scope="row">Length</th>(.*?)</tr>', _page(client))[1]
    assert row == ('<td>9\N{NO-BREAK SPACE}mm</td><td><span class="soft">not stated</span></td>')


def test_shared_url_shows_the_products_and_leaves_the_visitors_own(client):
    rod, tube = factories.product("Rod", sku="MF-RD-1"), factories.product("Tube", sku="MF-TB-1")
    client.post(ADD, {"product": rod.pk})
    client.post(ADD, {"product": tube.pk})
    url = "/compare/?sku=MF-RD-1&amp;sku=MF-TB-1"
    assert f'href="{url}"' in _page(client)
    friend = Client()
    page = friend.get(url.replace("&amp;", "&")).content.decode()
    assert _shown(page) == ["Rod", "Tube"]
    assert "Save as my comparison" in page
    assert "compare" not in friend.session
    friend.post(ADD, {"product": [rod.pk, tube.pk], "replace": "1"})
    assert friend.session["compare"] == [rod.pk, tube.pk]


def test_shared_url_reads_skus_in_any_spelling_and_variants(client):
    factories.product("Rod", sku="MF-RD-1")
    factories.with_variants("Coil", ["15.00"])
    page = client.get("/compare/?sku=mfrd1&sku=MF-COIL-SIZE-1&sku=mf-rd-1").content.decode()
    assert _shown(page) == ["Rod", "Coil"]


def test_shared_url_names_what_it_does_not_show(client):
    for number in range(5):
        factories.product(f"Rod {number}", sku=f"R{number}")
    tool("Knife")
    query = "&".join(f"sku=R{number}" for number in range(5))
    page = client.get(f"/compare/?{query}&sku=MF-KNIFE&sku=<b>").content.decode()
    assert _shown(page) == ["Rod 0", "Rod 1", "Rod 2", "Rod 3"]
    assert "another type of product: Knife." in page
    assert "You can compare up to 4 products. Remove one to add Rod 4." in page
    assert "We have no product with this SKU: &lt;b&gt;." in page


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("sku=" + "x" * 9000, "We have no product with this SKU: " + "x" * 64 + "."),
        ("sku=%00", "We have no product with this SKU: "),
        ("sku=" + "9" * 40, "We have no product with this SKU: " + "9" * 40),
        ("&".join(f"sku=x{n}" for n in range(500)), "480 more SKUs were not read."),
        ("sku=&sku=+", "Nothing to compare yet"),
        ("sku=%F0%9F%9B%A9", "We have no product with this SKU: \U0001f6e9."),
    ],
)
def test_unusable_shared_url_says_why(client, query, text):
    answer = client.get(f"/compare/?{query}")
    assert answer.status_code == 200
    assert text in answer.content.decode()


def test_hidden_product_is_not_in_a_shared_comparison(client):
    factories.product("Rod", sku="R1", is_public=False)
    hidden = factories.with_variants("Coil", ["15.00"], is_public=False)
    sku = hidden.children.get().upc
    page = client.get(f"/compare/?sku=R1&sku={sku}").content.decode()
    assert f"We have no product with this SKU: R1, {sku}." in page
    assert _shown(page) == []


def test_comparison_is_kept_through_login(client, alice):
    rod = factories.product("Rod")
    client.post(ADD, {"product": rod.pk})
    alice.set_password("fly-alice-3.6g")
    alice.save()
    data = {"login": alice.email, "password": "fly-alice-3.6g"}
    answer = client.post(reverse("account_login"), data)
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert client.session["compare"] == [rod.pk]
    assert "Compare, 1 product" in client.get("/").content.decode()


def test_all_compared_products_are_added_to_the_cart(client):
    rod, tube, gone = (
        factories.product(title, stock=stock)
        for title, stock in (("Rod", 5), ("Tube", 5), ("Stick", 0))
    )
    client.post(ADD, {"product": [rod.pk, tube.pk, gone.pk]})
    page = _page(client)
    assert "Add 2 products to cart" in page
    form = re.search(r'action="/quick-order/add/".*?</form>', page, re.DOTALL)[0]
    products = re.findall(r'name="product" value="(\d+)"', form)
    assert products == [str(rod.pk), str(tube.pk)]
    answer = client.post("/quick-order/add/", {"product": products}, follow=True)
    assert "Added 2 items to your cart." in answer.content.decode()


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
    assert 'name="from" value="/compare/?sku=MF-ROD&amp;sku=MF-COIL&amp;sku=MF-TUBE"' in page
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
