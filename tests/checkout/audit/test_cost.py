"""What an audit asks of the database: as much for many orders as for few."""

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


def test_three_times_the_orders_are_no_more_statements(
    story: dict[str, Order], paid: Any, product: Any, cart: Any, stripe_double: Double
):
    few = _statements()
    plane = product("Gnat", stock=100)
    for _ in range(2 * len(story)):
        paid(cart((plane, 1)))
    assert _statements() == few
    assert few < 100
