"""Orders that ship to Germany, where buyers can withdraw."""

from typing import Any

import pytest

from accounts.mail.models import Message
from checkout.order.models import Order
from checkout.settlement.services import pay
from checkout.withdrawal import seed
from tests.checkout.conftest import token
from tests.stripe_double.control import Double

GERMANY = {
    "country": "DE",
    "province": "",
    "postcode": "10115",
    "city": "Berlin",
    "shipping_code": "world-parcel",
    "phone": "+49 30 901820",  # customs requires it
}


@pytest.fixture
def german(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Paid, not shipped: three Butterflies at 33.33 and a Ladybird at 19.99; 154.48 CAD.

    Subtotal 119.98, shipping 34.50, no tax on exports.
    """
    seed.load()
    basket = cart((product(price="33.33"), 3), product("Ladybird", price="19.99"))
    made = order(basket=basket, **GERMANY)
    pay(order=made, confirmation_token=token(stripe_double))
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)
