"""A shipped order, ready to be returned."""

from typing import Any

import pytest

from accounts.mail.models import Message
from checkout.order.models import Order
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.checkout.returns.helpers import ship
from tests.stripe_double.control import Double


@pytest.fixture
def shipped(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Shipped and paid: three Butterflies at 33.33 and one Ladybird at 19.99, 145.94 CAD.

    Subtotal 119.98, shipping 11.50, GST 5% 6.57, PST 6% 7.89.
    """
    basket = cart((product(price="33.33"), 3), product("Ladybird", price="19.99"))
    made = order(basket=basket)
    pay(order=made, confirmation_token=token(stripe_double))
    ship(made)
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)
