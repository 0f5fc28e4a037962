"""What a kit may ship with: its components decide."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from catalog.away.models import AwayRule, Handling
from catalog.models import Product, ProductClass
from catalog.partner.models import StockRecord
from checkout.placement.promises import promises_of
from checkout.placement.sample_cart import SampleLine
from checkout.shipping.destination import Destination
from checkout.shipping.engine import answer, items_from
from policies.opening.models import AwayPeriod
from tests.catalog import stock

pytestmark = pytest.mark.django_db


def test_engine_sees_the_components(cart: Any, starter: Any):
    items = items_from(cart((starter, 2)).all_lines())
    assert [(item.title, item.quantity, item.weight_g, item.facts.battery) for item in items] == [
        ("Starter set: Plane", 2, Decimal("3.60"), "none"),
        ("Starter set: Cell", 4, Decimal("0.99"), "loose"),
        ("Starter set: Charger", 2, Decimal("6.50"), "none"),
    ]
    assert len({item.reference for item in items}) == 3
    value = sum(item.value * item.quantity for item in items)
    assert value == Decimal("319.98")


def test_kit_with_a_loose_battery_ships_by_battery_rules(cart: Any, starter: Any, plane: Any):
    today = timezone.localdate()
    abroad = Destination("DE")
    assert answer(items_from(cart((plane, 1)).all_lines()), abroad, today).services
    found = answer(items_from(cart((starter, 1)).all_lines()), abroad, today)
    assert found.services == ()
    assert any("Starter set: Cell" in cause.titles for cause in found.causes)


def test_sample_line_of_a_kit_ships_as_its_components(starter: Any, cell: Any):
    record = StockRecord.objects.get(product=starter)
    line = SampleLine(record, 1)
    assert [item.quantity for item in items_from([line])] == [1, 2, 1]
    assert line.can_be_ordered
    stock.put(1, cell.stockrecords.get())
    assert not SampleLine(StockRecord.objects.get(product=starter), 1).can_be_ordered


def test_cart_weighs_the_components(cart: Any, starter: Any):
    assert cart((starter, 2)).weight_g == Decimal("24.16")


def test_kit_of_downloads_is_not_shipped(cart: Any, make_kit: Any, plane: Any):
    course = ProductClass.objects.create(name="Course", requires_shipping=False)
    Product.objects.filter(pk=plane.pk).update(product_class=course)
    kit = make_kit((Product.objects.get(pk=plane.pk), 1))
    assert not kit.is_shipping_required
    assert not cart((kit, 1)).is_shipping_required()


def test_kit_ships_when_its_last_component_arrives(
    order: Any, cart: Any, starter: Any, plane: Any, cell: Any
):
    first, last = (date.today() + timedelta(days=n) for n in (2, 3))
    for product, day in ((plane, first), (cell, last)):
        record = product.stockrecords.get()
        stock.put(0, record)
        StockRecord.objects.filter(pk=record.pk).update(backorder=True, expected_on=day)
    (promise,) = promises_of(cart((starter, 1)).all_lines(), None).lines
    assert promise.on_backorder
    assert promise.dates is not None
    assert promise.dates.ships_from >= last
    made = order((starter, 1))
    assert {line.ships_by for line in made.lines.all()} == {promise.dates.ships_by}
    assert stock.levels(cell.stockrecords.get()) == (0, 2)


def test_rule_for_a_component_while_away_is_that_of_the_kit(cart: Any, starter: Any, cell: Any):
    today = timezone.localdate()
    AwayPeriod.objects.create(starts_on=today, reopens_on=today + timedelta(days=9))
    AwayRule.objects.create(product=starter, handling=Handling.SHIP)
    for one in starter.components:
        handling = Handling.BLOCK if one.component == cell else Handling.SHIP
        AwayRule.objects.create(product=one.component, handling=handling)
    (promise,) = promises_of(cart((starter, 1)).all_lines(), None).lines
    assert promise.is_blocked
