"""Discontinued products: a page with successor and spare parts, and nothing to buy."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog import read_model
from catalog.back_in_stock.models import BackInStockRequest
from catalog.models import Product
from catalog.partner.strategy import Selector
from checkout.basket.models import Basket
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.catalog.manuals.manuals import published

pytestmark = pytest.mark.django_db


def discontinue(product: Product, successor: Product | None = None, *parts: Product) -> None:
    """Discontinue a product since yesterday."""
    product.discontinued_on = timezone.localdate() - timedelta(days=1)
    product.successor = successor
    product.save()
    product.spare_parts.set(parts)
    read_model.refresh([product])


@pytest.fixture
def old(db: None) -> Product:
    """A receiver with stock, its successor, and a spare part."""
    gear = factories.category("Gear")
    made = factories.product("Old receiver", sku="MF-OLD", into=gear)
    new = factories.product("New receiver", sku="MF-NEW", into=gear)
    discontinue(made, new, factories.product("Aerial", sku="MF-AERIAL", into=gear))
    return made


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_page_has_successor_and_spare_parts_and_no_button(client: Client, old: Product) -> None:
    published("Receiver manual", old)
    text = page(client, old.get_absolute_url())
    assert "<strong>Discontinued.</strong> We have not sold this product since" in text
    assert '<h2 id="successor">Successor</h2>' in text
    assert '<h2 id="spare-parts">Spare parts</h2>' in text
    assert text.count('class="product-card"') == 2
    assert '<h2 id="documents">Documents</h2>' in text
    assert '<span class="stock stock-discontinued">Discontinued</span>' in text
    assert '"availability": "https://schema.org/Discontinued"' in text
    for absent in ("Add to cart", "Notify me", "button-buy"):
        assert absent not in text


def test_variants_follow_their_product(client: Client) -> None:
    swift = factories.with_variants("Swift", ["1.00", "2.00"])
    discontinue(swift)
    text = page(client, swift.get_absolute_url())
    assert text.count("stock-discontinued") >= 2
    assert "button-buy" not in text
    assert "Notify me" not in text
    variant = swift.children.first()
    assert not _availability(variant).is_available_to_buy


def _availability(product: Product) -> Any:
    return Selector().strategy().fetch_for_product(product).availability


# Mutation: without the condition in the strategy, the product went into the cart.
def test_it_cannot_be_ordered(client: Client, old: Product) -> None:
    assert not _availability(old).is_available_to_buy
    url = reverse("basket:add", args=[old.pk])
    assert "Discontinued." in client.post(url, {"quantity": "1"}, follow=True).content.decode()
    assert [line for basket in Basket.objects.all() for line in basket.all_lines()] == []
    other = Product.objects.get(upc="MF-NEW")
    client.post(reverse("basket:add", args=[other.pk]), {"quantity": "1"})
    assert [line.product for line in Basket.objects.get().all_lines()] == [other]


def test_back_in_stock_request_is_rejected(client: Client, old: Product) -> None:
    data = {"product": old.pk, "email": "dana@example.com"}
    client.post(reverse("back_in_stock:subscribe"), data)
    assert not BackInStockRequest.objects.exists()


def test_lists_omit_it_and_search_ranks_it_lower(client: Client, old: Product) -> None:
    assert old.get_absolute_url() not in page(client, "/catalogue/")
    gear = old.categories.get()
    assert old.get_absolute_url() not in page(client, gear.get_absolute_url())
    found = page(client, "/search/?q=receiver")
    new = Product.objects.get(upc="MF-NEW")
    assert 0 < found.index(new.get_absolute_url()) < found.index(old.get_absolute_url())
    assert old.get_absolute_url() in page(client, "/search/?q=MF-OLD")


def test_question_can_be_asked_about_it(client: Client, old: Product) -> None:
    assert "Old receiver" in page(client, reverse("questions:ask", args=[old.pk]))


def test_sitemap_has_it(client: Client, old: Product) -> None:
    assert old.get_absolute_url() in page(client, "/sitemap-products.xml")


def test_manual_page_shows_it(client: Client, old: Product) -> None:
    published("Receiver manual", old)
    assert old.get_absolute_url() in page(client, "/manuals/receiver-manual/")
    assert "Old receiver (discontinued)" in page(client, "/manuals/")


def test_day_and_successor_are_checked(old: Product) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    variant = factories.with_variants("Swift", ["1.00"]).children.get()
    for changes, field in (
        ({"discontinued_on": tomorrow}, "discontinued_on"),
        ({"successor": old}, "successor"),
        ({"successor": variant}, "successor"),
        ({"discontinued_on": None}, "discontinued_on"),
    ):
        product = Product.objects.get(pk=old.pk)
        for name, value in changes.items():
            setattr(product, name, value)
        with pytest.raises(ValidationError) as error:
            product.full_clean()
        assert list(error.value.message_dict) == [field], changes


def test_staff_discontinue_a_product(staff: Client) -> None:
    gear = factories.category("Gear")
    product, new = (factories.product(name, into=gear) for name in ("Old", "New"))
    url = reverse("admin:catalogue_product_change", args=[product.pk])
    data = {**open_form(staff, url), "discontinued_on": "2026-11-30", "successor": str(new.pk)}
    response = staff.post(url, {**data, "spare_parts": [str(new.pk)]})
    assert response.status_code == 302, re.findall("errorlist.*", response.content.decode())
    product.refresh_from_db()
    assert (product.successor, list(product.spare_parts.all())) == (new, [new])
    text = page(staff, product.get_absolute_url())
    assert '<h2 id="successor">Successor</h2>' in text


def test_deleted_successor_leaves_the_page(client: Client, old: Product, staff: Client) -> None:
    new = Product.objects.get(upc="MF-NEW")
    staff.post(reverse("admin:catalogue_product_delete", args=[new.pk]), {"post": "yes"})
    assert not Product.objects.filter(pk=new.pk).exists()
    text = page(client, old.get_absolute_url())
    assert "Discontinued." in text
    assert 'id="successor"' not in text
