"""The search page: what it finds, in which order, and what it says."""

import re

import pytest

from catalog import read_model
from catalog.models import Product
from catalog.search_index import pages
from catalog.search_index.models import Synonym
from tests.catalog import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    radios = factories.category("Receivers & Transmitters")
    factories.product(
        "Four-channel micro receiver",
        sku="MF-RX-4CH",
        into=radios,
        weight="0.62",
        values={"Frequency (MHz)": 2400.0},
        description="<p>Décodeur with a brushed ESC.</p>",
    )
    factories.product("Coreless motor 4 × 8 mm", sku="MF-MT-4X8", weight="0.48")
    factories.with_variants("Propeller", ["3.00", "12.00"], sku="MF-PR-30")
    factories.product("Secret receiver", is_public=False)


def _found(client, query: str) -> list[str]:
    page = client.get("/search/", {"q": query})
    assert page.status_code == 200
    titles = re.findall(r'<h3 class="title"><a href="[^"]+">(.+?)</a>', page.content.decode())
    return [re.sub("</?mark>", "", title) for title in titles]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("receiver", "Four-channel micro receiver"),
        ("MICRO Receiver", "Four-channel micro receiver"),
        ("recei", "Four-channel micro receiver"),
        ("mfrx4ch", "Four-channel micro receiver"),
        ("MF-RX-4CH", "Four-channel micro receiver"),
        ("rx 4ch", "Four-channel micro receiver"),
        ("decodeur", "Four-channel micro receiver"),
        ("DÉCODEUR", "Four-channel micro receiver"),
        ("2400 mhz", "Four-channel micro receiver"),
        ("2400MHz", "Four-channel micro receiver"),
        ("0.62 g", "Four-channel micro receiver"),
        ("0.62g", "Four-channel micro receiver"),
        ("transmitters esc", "Four-channel micro receiver"),
        ("4x8", "Coreless motor 4 × 8 mm"),
        ("4 × 8", "Coreless motor 4 × 8 mm"),
        ("propeller size 2", "Propeller"),
        ("mf-propeller-size-1", "Propeller"),
    ],
)
def test_query_finds_one_product(client, shop, query, title):
    assert _found(client, query) == [title]


@pytest.mark.parametrize("query", ["secret", "%", "_", "  ", "''"])
def test_query_finds_nothing(client, shop, query):
    assert _found(client, query) == []


def test_exact_sku_comes_first(client):
    factories.product("Mount for MF-MT-4X8", sku="MF-AA-1", priority=9)
    factories.product("Coreless motor", sku="MF-MT-4X8")
    assert _found(client, "mf-mt-4x8") == ["Coreless motor", "Mount for MF-MT-4X8"]


def test_title_ranks_above_description(client):
    factories.product("Case", description="<p>Room for a transmitter.</p>", priority=9)
    factories.product("Transmitter")
    assert _found(client, "transmitter") == ["Transmitter", "Case"]


def test_no_results_suggests_categories(client, shop):
    page = client.get("/search/", {"q": "zeppelin"}).content.decode()
    assert "No results for “zeppelin”" in page
    assert "Try fewer or other words" in page
    assert 'href="/catalogue/category/receivers-transmitters_' in page


def test_query_is_escaped(client, shop):
    page = client.get("/search/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page


def test_refresh_updates_changed_products_only(client, shop):
    Product.objects.filter(upc="MF-MT-4X8").update(title="Brushless motor")
    assert _found(client, "brushless motors") == ["Coreless motor 4 × 8 mm"]  # one word dropped
    assert read_model.refresh(Product.objects.filter(upc="MF-MT-4X8")) == 1
    assert read_model.refresh() == 0
    # a new query, because the page cache is a moment old
    assert _found(client, "brushless motor") == ["Brushless motor"]


def test_refreshing_a_variant_updates_its_product(shop):
    child = Product.objects.get(title="Propeller size 2")
    Product.objects.filter(pk=child.pk).update(title="Propeller wooden")
    assert read_model.refresh([child.pk]) == 1
    document = Product.objects.get(title="Propeller").search_document
    assert "wooden" in document.attributes.split()


def test_long_search_is_rejected_and_comes_back_whole(client, shop):
    # Mutation: `[:MAX_SEARCH]` in ListQuery.read: the end is gone, and the rest finds nothing
    typed = "motor " + "x" * 94
    found = client.get("/search/", {"q": typed}).content.decode()
    assert "Use at most" not in found
    longer = client.get("/search/", {"q": typed + "y"}).content.decode()
    assert "Use at most 100 characters to search." in longer
    assert f'value="{typed}y"' in longer


def test_every_word_of_a_search_counts(client, shop):
    # Mutation: the first 8 words only
    title = "One two three four five six seven eight nine ten"
    factories.product(title)
    assert _found(client, title.lower()) == [title]
    page = client.get("/search/", {"q": title.lower() + " eleven"}).content.decode()
    assert "These match everything except “11”." in page


@pytest.fixture
def parts(shop):
    """Products with typed values."""
    factories.product(
        "LiPo cell 20 mAh",
        sku="MF-BT-020",
        weight="0.94",
        values={"Capacity (mAh)": 20.0, "Voltage (V)": 3.7},
    )
    factories.product(
        "LiPo cell 50 mAh",
        sku="MF-BT-050",
        weight="1.91",
        values={"Capacity (mAh)": 50.0, "Voltage (V)": 3.7},
    )
    factories.product(
        "LiPo pack 2S 150 mAh",
        sku="MF-BT-2S150",
        weight="9.6",
        values={"Capacity (mAh)": 150.0, "Voltage (V)": 7.4},
    )
    factories.product("Carbon rod", sku="MF-RD-1", weight="14.2", values={"Length (mm)": 25.4})
    factories.product("Brushless motor", sku="MF-MT-B", weight="3.1", values={"Thrust (g)": 48.0})


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("3.7v lipo", ["LiPo cell 20 mAh", "LiPo cell 50 mAh"]),
        ("1s lipo", ["LiPo cell 20 mAh", "LiPo cell 50 mAh"]),
        ("7.4 volts", ["LiPo pack 2S 150 mAh"]),
        ("0.02 Ah", ["LiPo cell 20 mAh"]),
        ("10-20 mAh", ["LiPo cell 20 mAh"]),
        ("lipo over 100 mah", ["LiPo pack 2S 150 mAh"]),
        ("lipo under 1 g", ["LiPo cell 20 mAh"]),
        ("0,94 g", ["LiPo cell 20 mAh"]),
        ("０．９４ｇ", ["LiPo cell 20 mAh"]),
        ("0.5 oz", ["Carbon rod"]),
        ("1 in rod", ["Carbon rod"]),
        ('rod 1"', ["Carbon rod"]),
        ("48 g thrust", ["Brushless motor"]),
        ("lipo -pack", ["LiPo cell 20 mAh", "LiPo cell 50 mAh"]),
        ('"lipo pack"', ["LiPo pack 2S 150 mAh"]),
        ("lipos", ["LiPo cell 20 mAh", "LiPo cell 50 mAh", "LiPo pack 2S 150 mAh"]),
        ("bt050", ["LiPo cell 50 mAh"]),
        ("MF-BT-05", ["LiPo cell 50 mAh"]),
        ("lipocell 50mah", ["LiPo cell 50 mAh"]),
    ],
)  # fmt: skip
def test_quantities_phrases_and_exclusions(client, parts, query, titles):
    assert sorted(_found(client, query)) == titles


def test_grams_of_thrust_are_no_weight(client, parts):
    page = client.get("/search/", {"q": "motor 48 g"}).content.decode()
    assert "These match everything except “48 g”." in page


def test_typo_is_corrected_and_the_page_says_so(client, shop):
    page = client.get("/search/", {"q": "MICRO reciever"}).content.decode()
    assert 'Did you mean <a href="/search/?q=MICRO%20receiver">MICRO receiver</a>?' in page
    assert _found(client, "micro reciever ") == ["Four-channel micro receiver"]


def test_closest_results_name_the_dropped_constraint(client, parts):
    page = client.get("/search/", {"q": "lipo under 0.5 g"}).content.decode()
    assert "Closest results for “lipo under 0.5 g”" in page
    assert "These match everything except “under 0.5 g”." in page
    assert len(_found(client, "lipo under 0.50 g")) == 3


def test_some_of_the_words_match_when_no_constraint_alone_is_to_blame(client, shop):
    page = client.get("/search/", {"q": "receiver propeller winding"}).content.decode()
    assert "These match some of the words." in page


def test_matched_words_are_highlighted_and_titles_escaped(client):
    factories.product("Receivers <b>& more</b>", sku="MF-X")
    page = client.get("/search/", {"q": "receiver"}).content.decode()
    assert "<mark>Receivers</mark> &lt;b&gt;&amp; more&lt;/b&gt;</a>" in page


def test_synonym_finds_its_meaning(client, shop):
    assert _found(client, "empfänger") == []
    Synonym.objects.create(term="Empfänger", means="micro receiver, decoder")
    assert _found(client, "EMPFANGER ") == ["Four-channel micro receiver"]


def test_in_stock_comes_first_on_ties(client):
    factories.product("Brass tube A", sku="MF-A", stock=0)
    factories.product("Brass tube B", sku="MF-B", stock=1)
    assert _found(client, "brass tube") == ["Brass tube B", "Brass tube A"]


def test_title_ranks_above_sku_and_attribute_above_text(client):
    factories.product("Case", sku="MF-1", description="<p>For a zeppelin.</p>", priority=9)
    factories.product("Tail", sku="MF-2", values={"Colour": "zeppelin"})
    factories.product("Nose", sku="MF-ZEPPELIN")
    factories.product("Zeppelin", sku="MF-4")
    assert _found(client, "zeppelin") == ["Zeppelin", "Nose", "Tail", "Case"]


def test_categories_and_policies_come_after_the_products(client):
    radios = factories.category("Receivers & Transmitters")
    factories.product("Micro receiver", into=radios)
    pages.refresh_categories()
    page = client.get("/search/", {"q": "receivers"}).content.decode()
    after = page.partition('id="found-pages"')[2]
    assert (
        f'<a href="{radios.get_absolute_url()}"><mark>Receivers</mark> &amp; Transmitters' in after
    )
    assert page.index("Micro <mark>receiver") < page.index('id="found-pages"')


def test_closest_results_have_pages(client):
    for number in range(25):
        factories.product(f"Rod {number}")
    page = client.get("/search/", {"q": "rod zeppelin", "page": "2"}).content.decode()
    assert "These match everything except “zeppelin”." in page
    assert page.count('class="product-card"') == 1
    assert client.get("/search/", {"q": "rod zeppelin", "page": "3"}).status_code == 404
    assert client.get("/search/", {"q": "zeppelin", "page": "2"}).status_code == 404
