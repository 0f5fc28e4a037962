"""Open Graph tags: what other sites show of a shared link."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.catalog import factories

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"


def tags(client: Client, url: str) -> dict[str, str]:
    page = client.get(url).content.decode()
    found = re.findall(r'<meta property="og:([^"]+)" content="([^"]*)">', page)
    assert len(found) == len(dict(found))
    return {name: unescape(value) for name, value in found}


def test_product_and_its_selected_variant(client: Client) -> None:
    coil = factories.with_variants(
        "Coil & rod", ["15.00", "12.50"], sku="MF-COIL", description="<p>Light.</p>"
    )
    url = coil.get_absolute_url()
    expected: dict[str, Any] = {
        "site_name": "MicroFlight",
        "type": "product",
        "title": "Coil & rod",
        "description": "Light.",
        "url": SITE + url,
        "image": f"{SITE}/media/products/MF-COIL-0.png",
        "image:width": "800",
        "image:height": "600",
        "image:alt": "Coil & rod",
    }
    assert tags(client, url) == expected
    variant = tags(client, f"{url}?variant=mf-coil-%26-rod-size-1")
    assert variant["title"] == "Coil & rod, Size 1"
    assert variant["url"] == f"{SITE}{url}?variant=MF-COIL-%26-ROD-SIZE-1"


def test_category_shows_its_first_product(client: Client) -> None:
    gear = factories.category("Gear", description="<p>All <b>parts</b>.</p>")
    motors = factories.category("Motors")
    factories.product("Motor", into=motors)
    found = tags(client, motors.get_absolute_url())
    assert found["title"] == "Motors"
    assert found["url"] == SITE + motors.get_absolute_url()
    assert found["image"] == f"{SITE}/media/products/MF-MOTOR-0.png"
    empty = tags(client, gear.get_absolute_url())
    assert empty["description"] == "All parts."
    assert "image" not in empty


def test_home_page_shows_a_product(client: Client) -> None:
    factories.product("Rod")
    found = tags(client, "/")
    assert found["url"] == f"{SITE}/"
    assert found["title"] == "R/C airplanes that weigh a few grams"
    assert found["image"] == f"{SITE}/media/products/MF-ROD-0.png"
