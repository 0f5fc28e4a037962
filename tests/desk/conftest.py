"""The checkout's small shop serves the desk's tests too."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.mail.models import Message
from accounts.users.models import User
from checkout.order.models import Order
from checkout.settlement.services import pay
from tests.checkout.conftest import (
    _double,
    _quick_retries,
    accepted,
    cart,
    details,
    order,
    product,
    shop,
    stripe_double,
    token,
)
from tests.stripe_double.control import Double

__all__ = [
    "_double",
    "_quick_retries",
    "accepted",
    "cart",
    "details",
    "order",
    "product",
    "shop",
    "stripe_double",
]


@pytest.fixture
def paid(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """An order whose payment is reserved: two Butterflies and a Ladybird, 145.84 CAD."""
    basket = cart((product(stock=5), 2), product("Ladybird", price="19.99", stock=3))
    made = order(basket=basket)
    pay(order=made, confirmation_token=token(stripe_double))
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)


@pytest.fixture
def clerk(client: Client, alice: User) -> Client:
    """A member of staff who may look at orders and nothing else."""
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(alice)
    return client
