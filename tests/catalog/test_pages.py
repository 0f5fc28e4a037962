"""The pages of the catalogue."""

import json
import re
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from catalog.models import Battery
from tests.catalog import factories

pytestmark = pytest.mark.django_db

GARBAGE = [
    "sort=price%27%3B--", "sort=%00", "page=abc", "page=-1", "page=1e9", "page=²", "page=",
    "in_stock=%F0%9F%9B%A9", "page=0", "q=%00%FF", "q=" + "x" * 5000, "sort=&sort=&page[]=1",
]  # fmt: skip


@pytest.fixture
def gear():
    return factories.category("Gear")


def _page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def _titles(page: str) -> list[str]:
    return re.findall(r'<h3 class="title"><a href="[^"]+">([^<]+)</a>', page)


@pytest.mark.promise("stock-in-words")
def test_card_shows_weight_price_and_stock(client, gear):
    factories.product("Mayfly", weight="3.60", price="149.00", stock=3, into=gear)
    page = _page(client, gear.get_absolute_url())
    assert 'Weight </span>3.6<span class="unit">g</span>' in page
    assert '<span class="price">$149.00</span>' in page
    assert '<span class="stock stock-few">Only 3 left</span>' in page


def test_card_of_variants_shows_lowest_price_with_from(client, gear):
    factories.with_variants("Coil", ["15.00", "12.50"], into=gear)
    page = _page(client, gear.get_absolute_url())
    assert '<span class="from">from</span> $12.50</span>' in page
    assert _titles(page) == ["Coil"]


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("name", ["Ant", "Bee", "Cub"]),
        ("price", ["Cub", "Ant", "Bee"]),
        ("-price", ["Bee", "Ant", "Cub"]),
        ("weight", ["Bee", "Cub", "Ant"]),
        ("-weight", ["Ant", "Cub", "Bee"]),
        ("new", ["Bee", "Cub", "Ant"]),
        ("nonsense", ["Cub", "Ant", "Bee"]),
    ],
)
def test_list_is_sorted(client, gear, sort, titles):
    factories.product("Ant", price="20.00", weight="9", into=gear)
    factories.with_variants("Cub", ["50.00", "10.00"], into=gear, weight="2", priority=5)
    factories.product("Bee", price="30.00", weight="1", into=gear)
    assert _titles(_page(client, f"{gear.get_absolute_url()}?sort={sort}")) == titles


def test_in_stock_filter_keeps_available_products(client, gear):
    factories.product("Here", stock=1, into=gear)
    factories.product("Committed", stock=2, into=gear, stocked={"num_allocated": 2})
    factories.product("Coming", stock=0, into=gear, stocked={"backorder": True})
    factories.with_variants("Options", ["1.00"], into=gear)
    page = _page(client, f"{gear.get_absolute_url()}?in_stock=1")
    assert _titles(page) == ["Here", "Options"]


def test_pages_of_24_link_to_each_other(client, gear):
    factories.products(50, gear)
    url = gear.get_absolute_url()
    page = _page(client, f"{url}?page=2&sort=name")
    assert len(_titles(page)) == 24
    assert f'rel="canonical" href="http://127.0.0.1:8000{url}?page=2"' in page
    assert f'<link rel="prev" href="http://127.0.0.1:8000{url}?sort=name"' in page
    assert f'<link rel="next" href="http://127.0.0.1:8000{url}?sort=name&amp;page=3"' in page
    assert client.get(f"{url}?page=4").status_code == 404


def test_category_shows_subcategories_and_their_products(client, gear):
    motors = factories.category("Motors", gear)
    factories.product("Coreless", into=motors)
    factories.product("Brushless", into=motors)
    page = _page(client, gear.get_absolute_url())
    assert _titles(page) == ["Brushless", "Coreless"]
    assert 'Motors <span class="number">2</span>' in page


def test_empty_category_links_to_all_products(client, gear):
    page = _page(client, gear.get_absolute_url())
    assert "No products here yet" in page
    assert f'href="{reverse("catalogue:index")}"' in page


@pytest.mark.parametrize("name", ["catalogue:index", "search:search", "home", "category"])
def test_invalid_query_strings_do_not_break_lists(client, gear, name):
    factories.product("Rod", into=gear)
    url = gear.get_absolute_url() if name == "category" else reverse(name)
    answers = {query[:40]: client.get(f"{url}?{query}").status_code for query in GARBAGE}
    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize(
    "url",
    ["/catalogue/none_999999999/", "/catalogue/category/none_999999999/",
     "/catalogue/none_99999999999999999999999/", "/catalogue/category/x_-1/"],
)  # fmt: skip
def test_unknown_url_returns_404(client, url):
    assert client.get(url).status_code == 404


def test_old_slug_redirects_permanently(client, gear):
    rod = factories.product("Rod", into=gear)
    response = client.get(f"/catalogue/old-name_{rod.pk}/")
    assert (response.status_code, response["Location"]) == (301, rod.get_absolute_url())
    response = client.get(f"/catalogue/category/old/name_{gear.pk}/")
    assert (response.status_code, response["Location"]) == (301, gear.get_absolute_url())


def test_hidden_product_or_category_returns_404(client, gear):
    rod = factories.product("Rod", into=gear, is_public=False)
    assert client.get(rod.get_absolute_url()).status_code == 404
    below = factories.category("Motors", gear)
    gear.refresh_from_db()
    gear.is_public = False
    gear.save()
    assert client.get(below.get_absolute_url()).status_code == 404


def test_product_page_shows_specifications_with_units(client, gear):
    rod = factories.product(
        "Rod", sku="MF-RD-1", into=gear, facts={"Length (mm)": 1000.0, "Profile": "Round"}
    )
    page = _page(client, rod.get_absolute_url())
    assert "<dt>Length</dt><dd>1000\N{NO-BREAK SPACE}mm</dd>" in page
    assert "<dt>Profile</dt><dd>Round</dd>" in page
    assert "SKU MF-RD-1" in page
    assert "$10.00" in page
    assert "CAD before tax" in page


def test_product_page_explains_battery_shipping(client, gear):
    cell = factories.product(
        "Cell", into=gear, battery=Battery.LOOSE, battery_cells=1, battery_wh="0.037"
    )
    page = _page(client, cell.get_absolute_url())
    assert "Loose battery, 1 lithium polymer cell, 0.037 Wh." in page
    assert "Some countries and air mail services don’t accept these" in page


@pytest.mark.promise("stock-in-words")
@pytest.mark.parametrize(
    ("stock", "stocked", "status", "message"),
    [
        (20, {}, "in", "In stock"),
        (5, {"num_allocated": 1}, "few", "Only 4 left"),
        (0, {}, "out", "Sold out"),
        (0, {"backorder": True, "expected_on": date(2026, 12, 3)}, "backorder",
         "On backorder, expected December 3, 2026"),
    ],
)  # fmt: skip
def test_stock_message(client, gear, stock, stocked, status, message):
    rod = factories.product("Rod", stock=stock, stocked=stocked, into=gear)
    page = _page(client, rod.get_absolute_url())
    assert f'<span class="stock stock-{status}">{message}</span>' in page
    assert ("Add to cart" in page) == (status != "out")


def test_variant_url_redirects_to_its_product(client, gear):
    coil = factories.with_variants("Coil", ["15.00", "12.50"], into=gear)
    first = coil.children.order_by("pk").first()
    assert client.get(first.get_absolute_url())["Location"] == coil.get_absolute_url()
    page = _page(client, coil.get_absolute_url())
    assert f'name="variant" value="{first.pk}"' in page
    assert "MF-COIL-SIZE-1" in page
    assert "$15.00" in page


def test_structured_data_is_escaped(client, gear):
    rod = factories.product("Rod", sku="MF-RD-1", description="<p>a</script><b></p>", into=gear)
    page = _page(client, rod.get_absolute_url())
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    data = json.loads(found[1])
    assert data["offers"] == [
        {
            "@type": "Offer",
            "sku": "MF-RD-1",
            "url": f"http://127.0.0.1:8000{rod.get_absolute_url()}",
            "price": "10.00",
            "priceCurrency": "CAD",
            "availability": "https://schema.org/InStock",
        }
    ]


def test_home_page_starts_with_the_highest_priority(client, gear):
    factories.product("Rod", into=gear)
    text = "<p>Circles a living room.</p><p>Second.</p>"
    mayfly = factories.product("Mayfly", weight="3.6", priority=9, into=gear, description=text)
    assert _titles(_page(client, "/")) == ["Mayfly", "Rod"]
    mayfly.product_class.slug = "airplane"
    mayfly.product_class.save()
    cache.clear()
    page = _page(client, "/")
    assert "This airplane weighs 3.6 grams." in page
    assert '<p class="lead">Circles a living room.</p>' in page
    assert _titles(page) == ["Rod"]


def test_home_page_shows_only_products_in_stock(client, gear):
    factories.product("Rod", stock=0, into=gear)
    factories.product("Later", stock=0, stocked={"backorder": True}, into=gear)
    factories.product("Motor", stock=1, into=gear)
    assert _titles(_page(client, "/")) == ["Motor"]


def test_home_page_of_an_empty_shop(client):
    assert "Shop by category" in _page(client, "/")


def test_post_is_not_allowed(client):
    assert client.post("/").status_code == 405
