"""Queries per page, whatever the size of the catalogue."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog import listing_index, read_model
from catalog.models import Product, ProductRecommendation
from policies.models import Notice
from tests.catalog import factories

pytestmark = pytest.mark.django_db


def _page(django_assert_num_queries: Any, number: int, url: str) -> str:
    listing_index.current()  # read once per process
    with django_assert_num_queries(number):
        response = Client().get(url)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture(params=[30, 120])
def gear(request: pytest.FixtureRequest) -> Any:
    top = factories.category("Gear")
    motors = factories.category("Motors", top)
    factories.products(request.param, motors)
    Notice.objects.create(text="Away until May.", starts_at="2020-01-01T00:00Z")
    return top


# The texts of promotions or blocks are one of the eight, menu entries another: a process reads them
# once a minute.
def test_category_page_makes_8_queries(gear, django_assert_num_queries):
    page = _page(django_assert_num_queries, 8, gear.get_absolute_url())
    assert page.count('class="product-card"') == 24


def test_filtered_and_sorted_category_page_makes_8_queries(gear, django_assert_num_queries):
    _page(django_assert_num_queries, 8, gear.get_absolute_url() + "?sort=-price&in_stock=1&page=1")


def test_home_page_makes_8_queries(gear, django_assert_num_queries):
    page = _page(django_assert_num_queries, 8, "/")
    assert page.count('class="product-card"') == 8
    assert page.count('class="category-tile"') == 1


def test_product_page_makes_8_queries(gear, django_assert_num_queries):
    motor = Product.objects.browsable().filter(structure=Product.PARENT).first()
    for rod in Product.objects.filter(title__startswith="Rod")[:5]:
        ProductRecommendation.objects.create(primary=motor, recommendation=rod)
    read_model.refresh([motor])
    page = _page(django_assert_num_queries, 8, motor.get_absolute_url())
    assert page.count('class="product-card"') == 4
    assert page.count('type="radio"') == 3


def test_search_makes_6_queries_once_the_process_is_warm(gear, django_assert_num_queries):
    search = reverse("search:search")
    Client().get(f"{search}?q=motor")  # caches category tree and notices in the process
    page = _page(django_assert_num_queries, 6, f"{search}?q=rod")
    assert "for “rod”" in page


def test_search_with_three_facets_makes_8_queries(gear, django_assert_num_queries):
    url = reverse("search:search") + "?q=rod&in_stock=1&price.from=5&a.weight.to=10+g"
    page = _page(django_assert_num_queries, 8, url)
    assert page.count('class="chip"') == 4
    rods = Product.objects.filter(title__startswith="Rod").count()
    assert page.count('class="product-card"') == min(24, rods)
