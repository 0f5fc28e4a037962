"""Texts of promotions on cached pages: from the second they start until they end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from catalog.models import Category, Product
from checkout.offers.models import Range
from microflight.core import page_cache
from tests.admin_forms import open_form
from tests.checkout.factories import make_offer, make_parent, make_product, put_in_category

NOON = datetime(2026, 6, 1, 18, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def motors() -> Category:
    found = put_in_category(make_product("Motor", slug="motor"), "Gear", "Motors")
    put_in_category(make_product("Propeller", slug="propeller"), "Propellers")
    return found


def of_category(category: Any) -> Range:
    made = Range.objects.create(name=f"Range of {category}")
    made.included_categories.add(category)
    return made


def shows(client: Client, page: Any, text: str) -> bool:
    answer = client.get(page.get_absolute_url())
    assert answer.status_code == 200
    return text in answer.content.decode()


def product(title: str) -> Product:
    return Product.objects.get(title=title)


def test_banner_starts_and_ends_on_cached_pages(
    client: Client, motors: Category, settings: Settings
) -> None:
    settings.PAGE_CACHE_SECONDS = 3600
    with time_machine.travel(NOON, tick=False) as clock:
        make_offer(
            "Ten off", range=of_category(motors), description="Motors are reduced.",
            start_datetime=NOON + timedelta(seconds=100),
            end_datetime=NOON + timedelta(seconds=200),
        )  # fmt: skip
        page_cache.invalidate()
        seen = {}
        for second in (0, 99, 100, 101, 199, 200, 201):
            clock.move_to(NOON + timedelta(seconds=second), tick=False)
            seen[second] = (
                shows(client, product("Motor"), "Motors are reduced. Until June 1, 12:03."),
                shows(client, motors, "Motors are reduced."),
            )
    on, off = (True, True), (False, False)
    assert seen == {0: off, 99: off, 100: on, 101: on, 199: on, 200: off, 201: off}


def test_banner_is_on_the_affected_pages_only(client: Client, motors: Category) -> None:
    gear = motors.get_parent()
    make_offer("Ten off", range=of_category(gear), description="Gear is reduced.")
    assert shows(client, product("Motor"), "Gear is reduced.")
    assert shows(client, motors, "Gear is reduced.")
    assert shows(client, gear, "Gear is reduced.")
    assert not shows(client, product("Propeller"), "Gear is reduced.")


def test_banner_of_a_variant_is_on_its_product(client: Client, db: None) -> None:
    parent = make_parent("Spinner")
    variant = make_product("Spinner, red", parent=parent)
    chosen = Range.objects.create(name="Chosen")
    chosen.add_product(variant)
    make_offer("Ten off", range=chosen, description="Red is <b>reduced</b>.")
    assert shows(client, parent, "Red is &lt;b&gt;reduced&lt;/b&gt;.")


@pytest.mark.parametrize(
    "options", [{"offer_type": "Voucher"}, {"offer_type": "User"}, {"status": "Suspended"}]
)
def test_promotion_that_not_everyone_gets_has_no_banner(
    options: dict[str, str], client: Client, motors: Category
) -> None:
    make_offer("Ten off", description="Everything is reduced.", **options)
    assert not shows(client, product("Motor"), "Everything is reduced.")


def test_product_without_discounts_has_no_banner(client: Client, motors: Category) -> None:
    Product.objects.filter(title="Motor").update(is_discountable=False)
    make_offer("Ten off", description="Everything is reduced.")
    assert not shows(client, product("Motor"), "Everything is reduced.")
    assert shows(client, product("Propeller"), "Everything is reduced.")


def test_excluded_category_has_no_banner(client: Client, motors: Category) -> None:
    everything = Range.objects.create(name="Most", includes_all_products=True)
    everything.excluded_categories.add(motors)
    make_offer("Ten off", range=everything, description="Most is reduced.")
    assert not shows(client, motors, "Most is reduced.")
    assert shows(client, Category.objects.get(name="Propellers"), "Most is reduced.")


def test_offer_changed_on_its_detailed_page_invalidates_pages(
    staff: Client, motors: Category, django_capture_on_commit_callbacks: Any
) -> None:
    offer = make_offer("Ten off", description="Everything is reduced.")
    url = reverse("admin:offer_conditionaloffer_change", args=[offer.pk])
    data = {**open_form(staff, url), "status": "Suspended"}
    before = cache.get(page_cache.STAMP)
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(url, data).status_code == 302
    assert cache.get(page_cache.STAMP) not in (None, before)
