"""How many SQL statements a page costs, whatever the size of the catalogue."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Product, ProductRecommendation
from policies.models import Notice
from tests.catalog import shelf

pytestmark = pytest.mark.django_db


def _statements(django_assert_num_queries: Any, number: int, address: str) -> str:
    with django_assert_num_queries(number):
        response = Client().get(address)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture(params=[30, 120])
def gear(request: pytest.FixtureRequest) -> Any:
    top = shelf.category("Gear")
    motors = shelf.category("Motors", top)
    shelf.shelf(request.param, motors)
    Notice.objects.create(text="Away until May.", starts_at="2020-01-01T00:00Z")
    return top


def test_a_category_page_of_24_products_costs_5_statements(gear, django_assert_num_queries):
    page = _statements(django_assert_num_queries, 5, gear.get_absolute_url())
    assert page.count('class="product-card"') == 24


def test_its_in_stock_list_by_price_costs_no_more(gear, django_assert_num_queries):
    _statements(
        django_assert_num_queries, 5, gear.get_absolute_url() + "?sort=-price&in_stock=1&page=1"
    )


def test_the_front_page_costs_5_statements(gear, django_assert_num_queries):
    page = _statements(django_assert_num_queries, 5, "/")
    assert page.count('class="product-card"') == 8


def test_a_product_with_variants_and_four_related_costs_7_statements(
    gear, django_assert_num_queries
):
    motor = Product.objects.browsable().filter(structure=Product.PARENT).first()
    for rod in Product.objects.filter(title__startswith="Rod")[:5]:
        ProductRecommendation.objects.create(primary=motor, recommendation=rod)
    page = _statements(django_assert_num_queries, 7, motor.get_absolute_url())
    assert page.count('class="product-card"') == 4
    assert page.count('type="radio"') == 3


def test_a_search_costs_4_statements(gear, django_assert_num_queries):
    page = _statements(django_assert_num_queries, 4, reverse("search:search") + "?q=rod")
    assert "for “rod”" in page
