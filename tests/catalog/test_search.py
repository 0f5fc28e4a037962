"""Product search."""

import re

import pytest

from catalog import read_model
from catalog.models import Product
from catalog.search_text import sku_words, words_of
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
        facts={"Frequency (MHz)": 2400.0},
        description="<p>Décodeur with a brushed ESC.</p>",
    )
    factories.product("Coreless motor 4 × 8 mm", sku="MF-MT-4X8", weight="0.48")
    factories.with_variants("Propeller", ["3.00", "12.00"], sku="MF-PR-30")
    factories.product("Secret receiver", is_public=False)


def _found(client, query: str) -> list[str]:
    page = client.get("/search/", {"q": query})
    assert page.status_code == 200
    return re.findall(r'<h3 class="title"><a href="[^"]+">([^<]+)</a>', page.content.decode())


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


@pytest.mark.parametrize("query", ["receiver propeller", "secret", "ceiver", "%", "_", "  ", "''"])
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
    assert "Try fewer words" in page
    assert 'href="/catalogue/category/receivers-transmitters_' in page


def test_query_is_escaped(client, shop):
    page = client.get("/search/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page


def test_refresh_updates_changed_products_only(client, shop):
    Product.objects.filter(upc="MF-MT-4X8").update(title="Brushless motor")
    assert _found(client, "brushless") == []
    assert read_model.refresh(Product.objects.filter(upc="MF-MT-4X8")) == 1
    assert read_model.refresh() == 0
    # a new query, because the page cache is a moment old
    assert _found(client, "brushless motor") == ["Brushless motor"]


def test_refreshing_a_variant_updates_its_product(shop):
    child = Product.objects.get(title="Propeller size 2")
    Product.objects.filter(pk=child.pk).update(title="Propeller wooden")
    assert read_model.refresh([child.pk]) == 1
    assert " wooden" in Product.objects.get(title="Propeller").search_text


def test_words_of_text_and_sku():
    assert words_of("Écran  3.6 g, 4 × 8") == ["ecran", "3.6", "g", "4x8"]
    assert sku_words("MF-RX-4CH") == ["mf", "rx", "4ch", "mfrx4ch", "rx4ch"]
