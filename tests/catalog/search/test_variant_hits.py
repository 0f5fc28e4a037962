"""Results that link to the variant that a search names."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from tests.catalog import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cell() -> Product:
    """A cell in three capacities."""
    made = factories.product("LiPo cell", sku="MF-BT", price=None, structure=Product.PARENT)
    for capacity in (20, 50, 90):
        factories.product(
            f"LiPo cell {capacity} mAh", sku=f"MF-BT-{capacity:03}", parent=made, pictures=0
        )
    return made


@pytest.mark.parametrize(
    ("query", "sku"),
    [
        ("lipo 50mah", "MF-BT-050"),
        ("MF-BT-090", "MF-BT-090"),
        ("mfbt020", "MF-BT-020"),
        ("lipo cell", ""),  # all variants match
        ("lipo over 40 mAh", ""),  # two do
    ],
)
def test_result_links_to_the_variant_that_the_search_names(cell, query, sku):
    # Mutation: `ranked[0] == ranked[1]` dropped in _best: "lipo cell" links to the first variant
    page = Client().get(reverse("search:search"), {"q": query}).content.decode()
    found = re.findall(r'<h3 class="title"><a href="([^"]+)">', page)
    assert [unescape(url) for url in found] == [
        cell.get_absolute_url() + (f"?variant={sku}" if sku else "")
    ]
