"""The read model of products: refreshed with the search text, never out of date after a save."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from catalog import read_model
from catalog.models import Product, ProductImage
from catalog.partner.models import StockRecord
from tests.catalog import factories, stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_page_cache(settings):
    settings.PAGE_CACHE_SECONDS = 0


@pytest.fixture
def rod():
    facts = {"Length (mm)": 1000.0, "Profile": "Round"}
    return factories.product("Rod", price="10.00", into=factories.category("Gear"), values=facts)


def _pages(client, product):
    urls = (product.categories.get().get_absolute_url(), product.get_absolute_url())
    return [client.get(url).content.decode() for url in urls]


def test_price_and_stock_are_live(client, rod):
    _pages(client, rod)
    StockRecord.objects.update(price="12.50")
    stock.put(2)
    for page in _pages(client, rod):
        assert "$12.50" in page
        assert "Only 2 left" in page


def test_hidden_variant_disappears_at_once(client):
    coil = factories.with_variants("Coil", ["15.00", "12.50"], into=factories.category("Gear"))
    Product.objects.filter(title="Coil size 2").update(is_public=False)
    for page in _pages(client, coil):
        assert "$15.00" in page
        assert "$12.50" not in page
        assert "Coil size 2" not in page


def test_variant_without_a_stock_record_is_sold_out(client):
    coil = factories.with_variants("Coil", ["15.00"], into=factories.category("Gear"))
    factories.product("Coil blank", price=None, parent=coil)
    _category, page = _pages(client, coil)
    assert 'Blank</a> <span class="soft sku">MF-COIL-BLANK' in page


def test_saved_product_is_read_from_the_database_until_it_is_refreshed(
    client, rod, django_assert_num_queries
):
    rod.title = "Tube"
    rod.save()
    assert all(">Tube</" in page for page in _pages(client, rod))
    assert read_model.refresh([rod]) == 1
    rod.refresh_from_db()
    with django_assert_num_queries(0):
        assert read_model.card_of(rod.pk, rod.card).title == "Tube"
        assert read_model.details_of(rod.pk, rod.details).slug == rod.slug


def test_saving_some_columns_clears_the_read_model_too(rod):
    rod.title = "Tube"
    rod.save(update_fields=["title"])
    rod.refresh_from_db()
    assert (rod.title, rod.card, rod.details) == ("Tube", "", "")


def test_saving_a_variant_clears_its_product(client):
    coil = factories.with_variants("Coil", ["15.00"], into=factories.category("Gear"))
    child = coil.children.get()
    child.title = "Coil thin"
    child.save()
    coil.refresh_from_db()
    assert coil.details == ""
    assert re.search(r'<a class="label"[^>]*>Thin</a>', _pages(client, coil)[1])


def test_refresh_stores_images_and_specifications(rod):
    ProductImage.objects.filter(product=rod).update(width=800, height=600, caption="A rod")
    assert read_model.refresh([rod]) == 1
    rod.refresh_from_db()
    picture = read_model.card_of(rod.pk, rod.card).picture
    assert (picture.width, picture.height, picture.alt) == (800, 600, "A rod")
    item = read_model.details_of(rod.pk, rod.details).item
    assert [(each.name, each.value) for each in item.specifications] == [
        ("Length", "1000\N{NO-BREAK SPACE}mm"),
        ("Profile", "Round"),
    ]


def test_stored_json_of_another_format_is_rebuilt(client, rod):
    Product.objects.update(card='{"format": 0, "title": "x"}', details='{"slug": "x"}')
    assert all(">Rod</" in page for page in _pages(client, rod))
    call_command("refresh_products", stdout=StringIO())
    rod.refresh_from_db()
    assert rod.card.startswith(f'{{"format": {read_model.FORMAT}, ')


def test_equal_values_are_the_same_objects(client, rod):
    """Pages and cards are cached by identity, see `fragment_cache`."""
    rod.refresh_from_db()
    assert read_model.card_of(rod.pk, rod.card) is read_model.card_of(rod.pk, rod.card)
    assert read_model.details_of(rod.pk, rod.details) is read_model.details_of(rod.pk, rod.details)
