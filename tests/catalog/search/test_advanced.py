"""Advanced search: a form whose answer is the URL of a list."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from catalog import read_model
from catalog.models import Product, ProductAttribute
from tests.catalog import factories

pytestmark = pytest.mark.django_db
URL = "/search/advanced/"


@pytest.fixture
def rod() -> Product:
    rods = factories.category("Rods")
    rod = factories.product(
        "Carbon rod", sku="MF-RD-1", price="4.00", weight="1.5", into=rods,
        values={"Length (mm)": 200.0},
    )  # fmt: skip
    ProductAttribute.objects.update(is_facet=True)
    read_model.reset_lists()
    return rod


def submit(client: Client, **fields: str) -> str:
    """Return the URL of the list that the form answers with."""
    names = {name.replace("__", "."): value for name, value in fields.items()}
    answer = client.get(f"{URL}?{urlencode(names | {'show': '1'})}")
    assert answer.status_code == 302
    return str(answer["Location"])


def test_form_redirects_to_a_list_of_what_matches(client: Client, rod: Product) -> None:
    factories.product("Carbon tube", price="40.00")
    fields = {"q": "carbon", "sku": "rd-1", "price__to": "$5", "a__weight__from": "1,5 g"}
    url = submit(client, **fields, a__length__to="1 m", in_stock="on")
    assert url.startswith("/search/?q=carbon+rd-1&in_stock=1&")
    page = client.get(url).content.decode()
    assert "Carbon rod" in page.replace("<mark>", "").replace("</mark>", "")
    assert "Carbon tube" not in page
    category = rod.categories.get()
    url = submit(client, category=str(category.pk))
    assert url == f"/catalogue/?category={category.pk}"
    assert "Carbon tube" not in client.get(url).content.decode()


def test_added_since_a_day(client: Client, rod: Product) -> None:
    old = factories.product("Old rod")
    today = timezone.localdate()
    created = timezone.now() - timedelta(days=40)
    Product.objects.filter(pk=old.pk).update(date_created=created)
    read_model.reset_lists()
    url = submit(client, since=str(today - timedelta(days=7)))
    assert url == f"/catalogue/?since={today - timedelta(days=7)}"
    page = client.get(url).content.decode()
    assert "Carbon rod" in page
    assert "Old rod" not in page
    assert "Added since" in page
    page = client.get(f"/search/?q=rod&since={today - timedelta(days=50)}").content.decode()
    assert "Old <mark>rod</mark>" in page


def test_list_url_fills_in_the_form(client: Client, rod: Product) -> None:
    page = client.get(f"{URL}?q=carbon&a.length.to=1+m&since=2026-11-01").content.decode()
    for value in ("carbon", "1 m", "2026-11-01"):
        assert f'value="{value}"' in page
    assert "Fill in at least one field" not in page


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "Fill in at least one field."),
        ({"q": "   "}, "Fill in at least one field."),
        ({"price__from": "9", "price__to": "1"}, "This is less than the lower limit."),
        ({"a__weight__to": "heavy"}, "Enter a number such as 3.6 g, 0.5 oz."),
        ({"since": "yesterday"}, "Enter a valid date."),
        ({"since": "0001-01-01"}, "Enter a day from"),
        ({"category": "999"}, "Select a valid choice."),
        ({"q": "x" * 101}, "at most 100 characters"),
        ({"q": "x" * 90, "sku": "y" * 20}, "Use fewer words."),
        ({"q": "rod\0"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_used_is_shown_with_an_error(
    client: Client, rod: Product, fields: dict[str, str], error: str
) -> None:
    names = {name.replace("__", "."): value for name, value in fields.items()}
    answer = client.get(f"{URL}?{urlencode(names | {'show': '1'})}")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert error in page
    if "price.to" in names:
        assert 'name="price.to" value="1"' in page


@pytest.mark.parametrize("since", ["2026-02-30", "x", "9" * 30, "٢٠٢٦-٠١-٠١", "2026-01-01\0"])
def test_list_ignores_a_day_that_is_none(client: Client, rod: Product, since: str) -> None:
    answer = client.get(f"/catalogue/?{urlencode({'since': since})}")
    assert answer.status_code == 200
    assert "Added since" not in answer.content.decode()


def test_lists_link_to_the_form_and_to_saving(client: Client, rod: Product) -> None:
    page = client.get("/search/?q=rod&in_stock=1").content.decode()
    assert 'href="/saved-searches/?q=rod&amp;in_stock=1"' in page
    assert 'href="/search/advanced/?q=rod&amp;in_stock=1"' in page
    assert 'href="/search/advanced/"' in client.get("/contact/").content.decode()
