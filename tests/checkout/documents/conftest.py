"""Paid orders and their documents."""

from typing import Any

import pytest

from checkout.documents import services
from checkout.fulfilment.capture_actions import capture_payment_early
from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.stripe_double.control import Double


@pytest.fixture
def captured(order: Any, cart: Any, product: Any, stripe_double: Double, charlie: Any) -> Order:
    """A captured order to Saskatoon: two Butterflies at 49.95, a Ladybird at 19.99, shipping."""
    basket = cart((product(stock=5), 2), product("Ladybird", price="19.99", stock=3))
    made = order(basket=basket)
    pay(order=made, confirmation_token=token(stripe_double))
    capture_payment_early(order=made, reason="by phone", by=charlie)
    services.issue_missing(made)
    return Order.objects.get(pk=made.pk)


def ship_all(order: Order, by: Any = None) -> Any:
    """Ship the whole order."""
    quantities = {line.pk: line.quantity for line in order.lines.all()}
    return create_shipment(
        order=order, quantities=quantities, carrier="Canada Post", tracking_number="CP1", by=by
    )
