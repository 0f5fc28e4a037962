"""The pages of the catalogue."""

import re
from datetime import date

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from catalog.models import Battery, Product
from microflight.core.page_cache import fill, placeholder, split
from policies import seed as policies
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
    titles = re.findall(r'<h3 class="title"><a href="[^"]+">(.+?)</a>', page)
    return [re.sub("</?mark>", "", title) for title in titles]


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


def test_names_are_sorted_as_in_a_dictionary(client, gear):
    # Mutation: order by "title": capitals first, "É" last
    for title in ("Zephyr", "Éclair", "eagle", "Falcon"):
        factories.product(title, into=gear)
    page = _page(client, f"{gear.get_absolute_url()}?sort=name")
    assert _titles(page) == ["eagle", "Éclair", "Falcon", "Zephyr"]


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
        "Rod", sku="MF-RD-1", into=gear, values={"Length (mm)": 1000.0, "Profile": "Round"}
    )
    page = _page(client, rod.get_absolute_url())
    assert "<dt>Length</dt><dd>1000\N{NO-BREAK SPACE}mm</dd>" in page
    assert "<dt>Profile</dt><dd>Round</dd>" in page
    assert "SKU MF-RD-1" in page
    assert "$10.00" in page
    assert "CAD before tax" in page


def test_product_page_explains_battery_shipping(client, gear):
    cell = factories.product(
        "Cell", into=gear, facts={"battery": Battery.LOOSE, "battery_wh": "0.037"}
    )
    page = _page(client, cell.get_absolute_url())
    assert "Loose battery, 1 lithium polymer cell, 0.037 Wh." in page
    assert "by surface to the United States" in page


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


def test_variant_url_redirects_to_its_product_with_the_variant_selected(client, gear):
    coil = factories.with_variants("Coil", ["15.00", "12.50"], into=gear)
    first, second = coil.children.order_by("pk")
    Product.objects.filter(pk=second.pk).update(upc=None)
    url = coil.get_absolute_url()
    assert client.get(first.get_absolute_url())["Location"] == f"{url}?variant=MF-COIL-SIZE-1"
    assert client.get(second.get_absolute_url())["Location"] == f"{url}?variant={second.pk}"


def _headline(page: str) -> str:
    found = re.search(r'id="headline".*?</p>', page, re.DOTALL)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", found.partition(">")[2]).split())


def test_headline_and_specifications_follow_the_selected_variant(client, gear):
    coil = factories.with_variants("Coil", ["15.00", "12.50"], into=gear)
    first, _second = coil.children.order_by("pk")
    assert _headline(_page(client, coil.get_absolute_url())) == (
        "from Weight 3.6 g from $12.50 CAD before tax"
    )
    page = _page(client, f"{coil.get_absolute_url()}?variant={first.pk}&quantity=7")
    assert _headline(page) == "Weight 1 g $15.00 CAD before tax"
    assert "<dt>SKU</dt><dd>MF-COIL-SIZE-1</dd>" in page
    assert f'value="{first.pk}" required checked' in page
    assert 'id="quantity" name="quantity" value="7"' in page
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{coil.get_absolute_url()}">' in page


@pytest.mark.parametrize("named", ["mf-coil-size-1", "MF-COIL-SIZE-1", "{pk}"])
def test_variant_is_selected_by_sku_or_id(client, gear, named):
    coil = factories.with_variants("Coil", ["15.00", "12.50"], into=gear)
    first = coil.children.order_by("pk").first()
    page = _page(client, f"{coil.get_absolute_url()}?variant={named.format(pk=first.pk)}")
    assert _headline(page) == "Weight 1 g $15.00 CAD before tax"
    assert "<title>Coil, Size 1 · " in page
    assert '<span class="sku soft">SKU MF-COIL-SIZE-1</span></p>' in page


def test_label_of_each_variant_is_a_link_to_it(client, gear):
    coil = factories.with_variants("Coil", ["15.00", "12.50"], into=gear)
    page = _page(client, f"{coil.get_absolute_url()}?variant=MF-COIL-SIZE-2")
    links = re.findall(r'class="label" href="([^"]+)"[^>]*?( aria-current="true")?>([^<]+)', page)
    url = coil.get_absolute_url()
    assert links == [
        (f"{url}?variant=MF-COIL-SIZE-1", "", "Size 1"),
        (f"{url}?variant=MF-COIL-SIZE-2", ' aria-current="true"', "Size 2"),
    ]


def test_sold_out_variant_can_be_selected_and_not_bought(client, gear):
    coil = factories.with_variants("Coil", ["15.00"], into=gear, pictures=0)
    factories.product("Coil in blue", parent=coil, stock=0, price="9.00", sku="MF-BLUE")
    page = _page(client, f"{coil.get_absolute_url()}?variant=MF-BLUE")
    assert 'stock-out">Sold out</span> <span class="sku soft">SKU MF-BLUE' in page
    assert "required disabled" in page
    assert "required checked" not in page
    assert "Add to cart" in page
    assert "Notify me when available" in page


@pytest.mark.parametrize(
    "query",
    ["variant=999", "variant=x", "variant=%D9%A1", "quantity=<b>", "variant=%00",
     "variant=" + "9" * 9000],
)  # fmt: skip
def test_unknown_variant_or_quantity_shows_the_page_without_a_selection(client, gear, query):
    coil = factories.with_variants("Coil", ["15.00", "12.50"], into=gear)
    page = _page(client, f"{coil.get_absolute_url()}?{query}")
    assert _headline(page) == "from Weight 3.6 g from $12.50 CAD before tax"
    assert "required checked" not in page
    assert 'id="quantity" name="quantity" value="1"' in page


def test_image_page_shows_one_image_and_a_link_back(client, gear):
    rod = factories.product("Rod", into=gear, pictures=2)
    url = rod.get_absolute_url()
    assert f'class="main" href="{url}images/1/"' in _page(client, url)
    page = _page(client, f"{url}images/2/")
    assert '<img src="/media/products/MF-ROD-1.png"' in page
    assert f'<a class="button" href="{url}">Back to product</a>' in page
    assert '<meta name="robots" content="noindex">' in page


@pytest.mark.parametrize("number", ["0", "3", "999"])
def test_missing_image_returns_404(client, gear, number):
    rod = factories.product("Rod", into=gear, pictures=2)
    assert client.get(f"{rod.get_absolute_url()}images/{number}/").status_code == 404


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


HOSTILE = (
    "<p>Zebra</p><p>wood &eacute;t&eacute;</p><!--visitor:nope--><!--visitor:csrf-->"
    "<script>alert('evil')</script></section></main><img src=x onerror=evil()>"
)


def test_description_is_cleaned_on_every_page(client, gear):
    product = factories.product("Mayfly", into=gear, description=HOSTILE)
    gear.description = HOSTILE
    gear.save()
    for url in (product.get_absolute_url(), gear.get_absolute_url(), "/"):
        page = _page(client, url)
        assert "evil" not in page
        assert "visitor:" not in page
    page = _page(client, product.get_absolute_url())
    assert "<p>Zebra</p><p>wood été</p>" in page
    assert '<meta name="description" content="Zebra wood été">' in page
    assert '"description": "Zebra wood \\u00e9t\\u00e9"' in page
    assert _titles(_page(client, reverse("search:search") + "?q=ete zebra")) == ["Mayfly"]
    assert product.search_document.body.startswith("zebra wood ete")


def test_unsigned_placeholder_is_text(rf):
    known, unknown = placeholder("cart").encode(), placeholder("gone").encode()
    forged = b"<!--visitor:cart--><!--0123456789abcdef-->"
    assert split(b"a" + known + b"b" + forged) == [b"a", b"cart", b"b" + forged]
    response = fill(rf.get("/"), HttpResponse(), split(b"a" + unknown + b"b"))
    assert response.content == b"ab"  # Mutation: with `render_part` it is a KeyError


@pytest.mark.parametrize("number", ["2", "00002", "9999", "99999999999999999999"])
def test_page_past_the_end_returns_404(client, gear, number):
    factories.product("Rod", into=gear)
    lists = [reverse("catalogue:index"), gear.get_absolute_url(), reverse("search:search")]
    answers = {url: client.get(f"{url}?q=rod&page={number}").status_code for url in lists}
    assert set(answers.values()) == {404}, answers
    # Mutation: with `len(page) < 5`, ?page=9999999 is the first page


def test_canonical_urls_are_absolute(client, gear, settings):
    policies.load()
    rod = factories.product("Rod", into=gear)
    pages = ["/", "/catalogue/", gear.get_absolute_url(), rod.get_absolute_url(),
             "/policies/shipping/", "/policies/shipping/v1/"]  # fmt: skip
    for url in pages:
        (found,) = re.findall(r'<link rel="canonical" href="([^"]*)"', _page(client, url))
        assert found.startswith(settings.SITE_URL + "/"), url
