"""Suggestions while typing: a fragment with a list box."""

import re

import pytest

from catalog import listing_index
from tests.catalog import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    factories.product("Micro receiver", sku="MF-RX-2", weight="0.35", price="48.00")
    factories.product("Four-channel receiver", sku="MF-RX-4", weight="0.62", stock=0)


def _suggest(client, query: str) -> str:
    response = client.get("/search/suggestions/", {"q": query})
    assert response.status_code == 200
    return response.content.decode()


def test_unfinished_word_suggests_products_in_stock_first(client, shop):
    page = _suggest(client, "rece")
    options = re.findall(r'role="option" id="([^"]+)" data-url="([^"]+)"', page)
    assert [place for place, _ in options] == ["search-suggestion-1", "search-suggestion-2"]
    assert options[0][1].startswith("/catalogue/micro-receiver_")
    assert 'data-status="2 suggestions"' in page
    assert "0.35&nbsp;g" in page
    assert "$48.00" in page
    assert "<mark>receiver</mark>" in page


@pytest.mark.parametrize("query", ["", "r", "zzzz", "-micro", "\0", "x" * 10_000])
def test_nothing_to_suggest_is_an_empty_list(client, shop, query):
    page = _suggest(client, query)
    assert 'role="listbox"' in page
    assert 'data-status="0 suggestions"' in page
    assert 'role="option"' not in page


def test_suggestions_make_5_queries(client, shop, django_assert_num_queries):
    listing_index.current()  # read once in each process
    with django_assert_num_queries(5):  # known words, products, changes of lists, pages, cards
        _suggest(client, "micro rec")


def test_page_without_javascript_has_a_plain_form(client, shop):
    page = client.get("/search/").content.decode()
    form = page.partition('<form class="site-search"')[2].partition("</form>")[0]
    assert 'action="/search/" method="get" data-suggestions="/search/suggestions/"' in form
    assert "combobox" not in form  # the script adds it
