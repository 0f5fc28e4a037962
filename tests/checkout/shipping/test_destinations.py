"""The stored answer where products ship to, which lists filter by."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from oscar.apps.address.models import Country

from catalog.models import Product
from catalog.partner.models import StockRecord
from catalog.product_sets import ships
from checkout.shipping import destinations
from checkout.shipping.destination import Destination
from checkout.shipping.engine import WITH_FACTS, answer, items_from
from checkout.shipping.models import ShippingRule
from checkout.shipping.sample_line import SampleLine
from tests.sourced import SOURCED

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 30)


def _countries(title: str) -> set[str]:
    """Return the shipping countries that the stored answer of a product has."""
    text = Product.objects.get(title=title).ships_to
    codes = Country.objects.filter(is_shipping_country=True).values_list("pk", flat=True)
    return {code for code in codes if ships(text, code)}


def _asked(title: str) -> set[str]:
    """Return the countries to which the engine ships one unit."""
    record = StockRecord.objects.select_related(*WITH_FACTS).get(product__title=title)
    items = items_from([SampleLine(record, 1)])
    codes = Country.objects.filter(is_shipping_country=True).values_list("pk", flat=True)
    return {
        code
        for code in codes
        if any(not one.pickup for one in answer(items, Destination(code).normalized, DAY).services)
    }


def test_stored_answer_is_that_of_the_engine(product: Any) -> None:
    product("Rod")
    product("Cell", battery="loose")
    product("Radio", facts={"radio": "902-928"})
    assert destinations.update(DAY) == 3
    found = {title: _countries(title) for title in ("Rod", "Cell", "Radio")}
    assert found == {title: _asked(title) for title in found}
    assert "DE" in found["Rod"]
    assert "US" in found["Cell"]
    assert "DE" not in found["Cell"]
    assert "US" in found["Radio"]
    assert "DE" not in found["Radio"]


def test_update_stores_only_what_changed(product: Any) -> None:
    product("Rod")
    destinations.update(DAY)
    assert destinations.update(DAY) == 0
    rule = {"type": "closed", "places": "DE", "reason": "Closed.", **SOURCED}
    ShippingRule.objects.create(code="no-germany", **rule)
    assert destinations.update(DAY) == 1
    assert "DE" not in _countries("Rod")


def test_product_with_variants_ships_where_one_of_them_does(product: Any) -> None:
    rod, cell = product("Rod"), product("Cell", battery="loose")
    parent = Product.objects.create(
        title="Set", structure=Product.PARENT, product_class=rod.product_class
    )
    for one in (rod, cell):
        one.parent, one.structure, one.product_class = parent, Product.CHILD, None
        one.save()
    destinations.update(DAY)
    assert {"CA", "DE"} <= _countries("Set")
    assert Product.objects.get(title="Cell").ships_to == ""


def test_list_is_filtered_by_destination(product: Any) -> None:
    product("Rod")
    product("Cell", battery="loose")
    destinations.update(DAY)
    page = Client().get(reverse("catalogue:index") + "?ships_to=de").content.decode()
    assert ">Rod</a>" in page
    assert ">Cell</a>" not in page
    assert '<option value="DE" selected>Germany (1)</option>' in page
    assert "Ships to Germany" in page
