"""A kit and a loose component compete for the last unit, on real connections."""

from typing import Any

import pytest

from catalog.partner.models import StockRecord
from checkout.order.errors import OutOfStock
from checkout.order.models import Order, OrderKit
from checkout.placement.services import place_order
from tests.catalog import stock
from tests.checkout.conftest import needs_postgres, quote_for
from tests.concurrency import run_concurrently

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


def _place_all(baskets: list[Any], details: Any) -> list[Any]:
    shown = [(basket, quote_for(basket, details).fingerprint) for basket in baskets]
    return run_concurrently(
        *(lambda b=b, f=f: place_order(basket=b, details=details, fingerprint=f) for b, f in shown)
    )


@pytest.mark.parametrize("number", range(3))
def test_last_unit_is_sold_once(
    cart: Any, details: Any, starter: Any, plane: Any, cell: Any, number: int
):
    stock.put(1, plane.stockrecords.get())
    baskets = [cart((starter, 1)), cart((plane, 1)), cart((starter, 1)), cart((plane, 1))]
    results = _place_all(baskets, details)
    placed = [each for each in results if isinstance(each, Order)]
    assert len(placed) == 1
    assert all(isinstance(each, OutOfStock) for each in results if each not in placed)
    assert stock.levels(plane.stockrecords.get()) == (1, 1)
    is_kit = placed[0].kits.exists()
    assert stock.levels(cell.stockrecords.get()) == (20, 2 if is_kit else 0)
    assert OrderKit.objects.count() == is_kit


def test_kits_with_the_same_components_do_not_deadlock(
    cart: Any, details: Any, make_kit: Any, product: Any
):
    one, two = product("One", stock=100), product("Two", stock=100)
    kits = [
        make_kit((one, 1), (two, 1), title="A"),
        make_kit((two, 1), (one, 1), title="B"),
    ]
    baskets = [cart(kits[place % 2], (one if place % 3 else two)) for place in range(12)]
    results = _place_all(baskets, details)
    assert [each for each in results if not isinstance(each, Order)] == []
    assert StockRecord.objects.filter(product__in=[one, two]).count() == 2
    assert sum(stock.levels(each.stockrecords.get())[1] for each in (one, two)) == 36
