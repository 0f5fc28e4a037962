"""The number of queries of an audit."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from checkout.audit.services import run_audit
from checkout.order.models import Order
from tests.stripe_double.control import Double


def _statements() -> int:
    with CaptureQueriesContext(connection) as asked:
        assert run_audit().is_clean
    return len(asked)


def test_query_count_does_not_grow_with_orders(
    orders: dict[str, Order], paid: Any, product: Any, cart: Any, stripe_double: Double
):
    few = _statements()
    plane = product("Gnat", stock=100)
    for _ in range(2 * len(orders)):
        paid(cart((plane, 1)))
    assert _statements() == few
    assert few < 100
