"""The shipping answer on a product page, for the destination that the visitor chose."""

from typing import Any

import pytest
from django.test import Client

from tests.catalog import factories
from tests.checkout.pages.destinations import CELL, choose
from tests.checkout.shopper import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


@pytest.fixture
def rod() -> Any:
    return factories.product("Rod", price="4.00", weight="0.5")


@pytest.fixture
def cell() -> Any:
    parent = factories.product("Cell", price=None, facts=CELL, structure="parent", weight="0.94")
    factories.product("With plug", parent=parent, price="9.50", weight="0.99")
    return parent


def test_without_a_destination_the_page_links_to_the_choice(client: Client, rod: Any):
    page = text(client.get(rod.get_absolute_url()))
    assert "Ships from Saskatoon" in page
    assert 'href="/cart/destination/"' in page


def test_destination_shows_price_service_and_dates(client: Client, rod: Any):
    choose(client, "CA", province="SK")
    page = text(client.get(rod.get_absolute_url()))
    assert "Ships to Saskatchewan, Canada from $" in page
    assert "Arrives between" in page
    assert f'href="/cart/destination/?next={rod.get_absolute_url()}"' in page


def test_cell_does_not_ship_to_germany_and_the_page_says_why(client: Client, cell: Any):
    choose(client, "DE")
    page = text(client.get(cell.get_absolute_url()))
    assert "We can’t ship this to Germany." in page
    assert "Canada Post carries lithium batteries within Canada" in page
    assert "Ships to" not in page


def test_page_shared_by_all_visitors_never_shows_a_destination(client: Client, rod: Any):
    choose(client, "DE")
    client.get(rod.get_absolute_url())
    assert "Germany" not in text(Client().get(rod.get_absolute_url()))


def test_uncached_page_with_a_destination_makes_4_queries(
    client: Client, cell: Any, django_assert_num_queries: Any
):
    choose(client, "CA", province="SK", postcode="S7H 0S3")
    client.get(factories.product("Another").get_absolute_url())  # what the process caches
    with django_assert_num_queries(4):
        client.get(cell.get_absolute_url())
