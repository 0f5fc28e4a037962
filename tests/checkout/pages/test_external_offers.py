"""Links to other sellers on a product page: by destination, and first where we cannot sell it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.away.models import AwayRule
from catalog.external_offers.models import ExternalOffer
from catalog.external_offers.services import record_check
from catalog.models import Product
from policies.opening.models import AwayPeriod
from tests.catalog import factories
from tests.checkout.pages.destinations import CELL, choose
from tests.checkout.shopper import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]
FIRST = "Available from other sellers"
QUIET = "Also sold elsewhere"


def offer_of(product: Product, country: str | None, seller: str = "Amazon") -> ExternalOffer:
    url = f"https://shop.example/{country}"
    return ExternalOffer.objects.create(product=product, seller=seller, country_id=country, url=url)


@pytest.fixture
def rod() -> Product:
    made = factories.product("Rod", price="4.00", weight="0.5")
    for country in ("CA", "DE", None):
        offer_of(made, country, "Everywhere" if country is None else "Amazon")
    return made


@pytest.fixture
def cell() -> Product:
    made = factories.product("Cell", facts=CELL, weight="0.94")
    offer_of(made, "DE")
    return made


def page_of(client: Client, product: Product) -> str:
    return text(client.get(product.get_absolute_url()))


def test_page_without_a_destination_shows_all_links_marked_as_leaving(client: Client, rod: Product):
    page = page_of(client, rod)
    assert QUIET in page
    assert "Amazon (Canada)" in page
    assert "Amazon (Germany)" in page
    offer = ExternalOffer.objects.get(country="DE")
    link = f'href="/external-offers/{offer.pk}/" rel="nofollow sponsored noopener"'
    assert page.count(link) == 1
    assert page.count("leaves this shop") == 3
    assert "https://shop.example" not in page


def test_destination_selects_its_links(client: Client, rod: Product):
    page_of(client, rod)  # cached from now on
    choose(client, "CA", province="SK")
    page = page_of(client, rod)
    assert "Amazon (Canada)" in page
    assert "Everywhere" in page
    assert "Amazon (Germany)" not in page
    assert QUIET in page
    assert "Amazon (Germany)" in page_of(Client(), rod)


def test_product_without_offers_has_no_block(client: Client, rod: Product):
    page = page_of(client, factories.product("Other"))
    assert "external-offers" not in page


def test_links_come_first_where_nothing_ships_to_the_destination(client: Client, cell: Product):
    assert QUIET in page_of(client, cell)
    choose(client, "DE")
    assert FIRST in page_of(client, cell)
    choose(client, "CA", province="SK")
    assert "external-offers" not in page_of(client, cell)


def test_links_come_first_for_a_sold_out_product(client: Client):
    gone = factories.product("Gone", stock=0)
    offer_of(gone, None)
    assert FIRST in page_of(client, gone)


def test_links_come_first_while_an_away_rule_blocks_the_product(
    client: Client, rod: Product, django_capture_on_commit_callbacks: Any
):
    today = timezone.localdate()
    AwayPeriod.objects.create(
        starts_on=today, reopens_on=today + timedelta(days=9), text="Away.", active=True
    )
    assert QUIET in page_of(client, rod)
    with django_capture_on_commit_callbacks(execute=True):
        AwayRule.objects.create(handling="block")
    page = page_of(client, rod)
    assert FIRST in page
    assert "This cannot be ordered while we are away." in page
    with django_capture_on_commit_callbacks(execute=True):
        AwayRule.objects.create(product=rod, handling="hold")
    assert QUIET in page_of(client, rod)


def test_variants_show_the_links_of_their_product(client: Client):
    parent = factories.with_variants("Motor", ["14.00", "12.00"])
    offer_of(parent, None)
    variant = parent.children.first()
    page = text(client.get(f"{parent.get_absolute_url()}?variant={variant.pk}"))
    assert "/external-offers/" in page


def test_dead_link_leaves_the_cached_page(
    client: Client, cell: Product, settings: Any, django_capture_on_commit_callbacks: Any
):
    settings.PAGE_CACHE_SECONDS = 300
    ExternalOffer.objects.update(failures=2)
    offer = ExternalOffer.objects.get()
    assert "Amazon (Germany)" in page_of(client, cell)
    with django_capture_on_commit_callbacks(execute=True):
        record_check(offer, "status 404")
    assert "Amazon (Germany)" not in page_of(client, cell)


def test_uncached_page_with_offers_and_a_destination_makes_4_queries(
    client: Client, rod: Product, django_assert_num_queries: Any
):
    choose(client, "CA", province="SK", postcode="S7H 0S3")
    another = factories.product("Another")
    offer_of(another, None)
    client.get(another.get_absolute_url())  # what the process caches
    with django_assert_num_queries(4):
        page = page_of(client, rod)
    assert "Amazon (Canada)" in page
