"""What shoppers see on the catalogue's pages, and what odd addresses get."""

import json
import re
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from catalog.models import Battery
from tests.catalog import shelf

pytestmark = pytest.mark.django_db

GARBAGE = [
    "sort=price%27%3B--", "sort=%00", "page=abc", "page=-1", "page=1e9", "page=²", "page=",
    "in_stock=%F0%9F%9B%A9", "page=0", "q=%00%FF", "q=" + "x" * 5000, "sort=&sort=&page[]=1",
]  # fmt: skip


@pytest.fixture
def gear():
    return shelf.category("Gear")


def _page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def _titles(page: str) -> list[str]:
    return re.findall(r'<h3 class="title"><a href="[^"]+">([^<]+)</a>', page)


@pytest.mark.promise("stock-in-words")
def test_a_card_shows_weight_price_and_stock_in_words(client, gear):
    shelf.product("Mayfly", weight="3.60", price="149.00", stock=3, into=gear)
    page = _page(client, gear.get_absolute_url())
    assert 'Weight </span>3.6<span class="unit">g</span>' in page
    assert '<span class="price">$149.00</span>' in page
    assert '<span class="stock stock-few">Only 3 left</span>' in page


def test_a_product_with_variants_shows_its_least_price_with_from(client, gear):
    shelf.with_variants("Coil", ["15.00", "12.50"], into=gear)
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
def test_a_list_comes_in_the_order_that_was_asked_for(client, gear, sort, titles):
    shelf.product("Ant", price="20.00", weight="9", into=gear)
    shelf.with_variants("Cub", ["50.00", "10.00"], into=gear, weight="2", priority=5)
    shelf.product("Bee", price="30.00", weight="1", into=gear)
    assert _titles(_page(client, f"{gear.get_absolute_url()}?sort={sort}")) == titles


def test_the_stock_filter_keeps_what_lies_on_the_shelf(client, gear):
    shelf.product("Here", stock=1, into=gear)
    shelf.product("Promised", stock=2, into=gear, stocked={"num_allocated": 2})
    shelf.product("Coming", stock=0, into=gear, stocked={"backorder": True})
    shelf.with_variants("Versions", ["1.00"], into=gear)
    page = _page(client, f"{gear.get_absolute_url()}?in_stock=1")
    assert _titles(page) == ["Here", "Versions"]


def test_pages_of_24_link_each_other(client, gear):
    shelf.shelf(50, gear)
    address = gear.get_absolute_url()
    page = _page(client, f"{address}?page=2&sort=name")
    assert len(_titles(page)) == 24
    assert f'rel="canonical" href="http://127.0.0.1:8000{address}?page=2"' in page
    assert f'<link rel="prev" href="http://127.0.0.1:8000{address}?sort=name"' in page
    assert f'<link rel="next" href="http://127.0.0.1:8000{address}?sort=name&amp;page=3"' in page
    assert client.get(f"{address}?page=4").status_code == 404


def test_a_category_shows_its_sub_categories_with_all_that_lies_below(client, gear):
    motors = shelf.category("Motors", gear)
    shelf.product("Coreless", into=motors)
    shelf.product("Brushless", into=motors)
    page = _page(client, gear.get_absolute_url())
    assert _titles(page) == ["Brushless", "Coreless"]
    assert 'Motors <span class="number">2</span>' in page


def test_an_empty_category_says_what_to_do_next(client, gear):
    page = _page(client, gear.get_absolute_url())
    assert "No products here yet" in page
    assert f'href="{reverse("catalogue:index")}"' in page


@pytest.mark.parametrize("name", ["catalogue:index", "search:search", "home", "category"])
def test_garbage_in_the_query_never_breaks_a_list(client, gear, name):
    shelf.product("Rod", into=gear)
    address = gear.get_absolute_url() if name == "category" else reverse(name)
    answers = {query[:40]: client.get(f"{address}?{query}").status_code for query in GARBAGE}
    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize(
    "address",
    ["/catalogue/none_999999999/", "/catalogue/category/none_999999999/",
     "/catalogue/none_99999999999999999999999/", "/catalogue/category/x_-1/"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_an_old_address_leads_to_the_present_one(client, gear):
    rod = shelf.product("Rod", into=gear)
    response = client.get(f"/catalogue/old-name_{rod.pk}/")
    assert (response.status_code, response["Location"]) == (301, rod.get_absolute_url())
    response = client.get(f"/catalogue/category/old/name_{gear.pk}/")
    assert (response.status_code, response["Location"]) == (301, gear.get_absolute_url())


def test_a_hidden_product_or_category_is_not_found(client, gear):
    rod = shelf.product("Rod", into=gear, is_public=False)
    assert client.get(rod.get_absolute_url()).status_code == 404
    below = shelf.category("Motors", gear)
    gear.refresh_from_db()
    gear.is_public = False
    gear.save()
    assert client.get(below.get_absolute_url()).status_code == 404


def test_a_product_page_gives_its_data_with_units(client, gear):
    rod = shelf.product(
        "Rod", sku="MF-RD-1", into=gear, facts={"Length (mm)": 1000.0, "Profile": "Round"}
    )
    page = _page(client, rod.get_absolute_url())
    assert "<dt>Length</dt><dd>1000\N{NO-BREAK SPACE}mm</dd>" in page
    assert "<dt>Profile</dt><dd>Round</dd>" in page
    assert "SKU MF-RD-1" in page
    assert "$10.00" in page
    assert "CAD before tax" in page


def test_a_product_page_says_what_its_battery_means_for_the_post(client, gear):
    cell = shelf.product(
        "Cell", into=gear, battery=Battery.LOOSE, battery_cells=1, battery_wh="0.037"
    )
    page = _page(client, cell.get_absolute_url())
    assert "Loose battery, 1 lithium polymer cell, 0.037 Wh." in page
    assert "Some countries and air mail services refuse these" in page


@pytest.mark.promise("stock-in-words")
@pytest.mark.parametrize(
    ("stock", "stocked", "kind", "words"),
    [
        (20, {}, "in", "In stock"),
        (5, {"num_allocated": 1}, "few", "Only 4 left"),
        (0, {}, "out", "Sold out"),
        (0, {"backorder": True, "expected_on": date(2026, 12, 3)}, "backorder",
         "On backorder, expected December 3, 2026"),
    ],
)  # fmt: skip
def test_stock_is_said_in_words(client, gear, stock, stocked, kind, words):
    rod = shelf.product("Rod", stock=stock, stocked=stocked, into=gear)
    page = _page(client, rod.get_absolute_url())
    assert f'<span class="stock stock-{kind}">{words}</span>' in page
    assert ("Add to cart" in page) == (kind != "out")


def test_a_variants_address_leads_to_the_page_where_it_can_be_chosen(client, gear):
    coil = shelf.with_variants("Coil", ["15.00", "12.50"], into=gear)
    first = coil.children.order_by("pk").first()
    assert client.get(first.get_absolute_url())["Location"] == coil.get_absolute_url()
    page = _page(client, coil.get_absolute_url())
    assert f'name="variant" value="{first.pk}"' in page
    assert "MF-COIL-SIZE-1" in page
    assert "$15.00" in page


def test_search_engines_read_price_and_stock_and_cannot_be_led_out_of_the_data(client, gear):
    rod = shelf.product("Rod", sku="MF-RD-1", description="<p>a</script><b></p>", into=gear)
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


def test_the_front_page_opens_with_the_product_that_staff_put_first(client, gear):
    shelf.product("Rod", into=gear)
    words = "<p>Circles a living room.</p><p>Second.</p>"
    mayfly = shelf.product("Mayfly", weight="3.6", priority=9, into=gear, description=words)
    assert _titles(_page(client, "/")) == ["Mayfly", "Rod"]
    mayfly.product_class.slug = "airplane"
    mayfly.product_class.save()
    cache.clear()
    page = _page(client, "/")
    assert "This airplane weighs 3.6 grams." in page
    assert '<p class="lead">Circles a living room.</p>' in page
    assert _titles(page) == ["Rod"]


def test_an_empty_shop_still_has_a_front_page(client):
    assert "What is on the shelves" in _page(client, "/")


def test_pages_only_answer_to_reading(client):
    assert client.post("/").status_code == 405
