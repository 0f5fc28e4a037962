"""Paid and shipped orders, with their emails, and a staff member with few permissions."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.users.models import User
from checkout.order.models import Order
from checkout.settlement.services import pay
from tests.checkout.audit.helpers import ship
from tests.checkout.conftest import token
from tests.checkout.payments import fresh
from tests.stripe_double.control import Double


@pytest.fixture
def paid(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """An order with an authorized payment: two Butterflies and a Ladybird, 145.84 CAD."""
    basket = cart((product(stock=5), 2), product("Ladybird", price="19.99", stock=3))
    made = order(basket=basket)
    pay(order=made, confirmation_token=token(stripe_double))
    return fresh(made)


@pytest.fixture
def shipped(paid: Order) -> Order:
    """The same order, shipped and captured."""
    ship(paid, 2, 1)
    return fresh(paid)


@pytest.fixture
def clerk(client: Client, alice: User) -> Client:
    """A staff member who may view orders, and nothing else."""
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(alice)
    return client
