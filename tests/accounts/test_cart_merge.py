"""The guest cart is merged at login."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from checkout.basket.models import Basket
from tests.checkout.factories import make_product

pytestmark = pytest.mark.django_db


def test_guest_cart_is_merged_at_login(client: Client, alice: User) -> None:
    first = make_product("Battery")
    second = make_product("Propeller")
    client.force_login(alice)
    client.post(reverse("basket:add", args=[first.pk]), {"quantity": 1})
    client.post(reverse("account_logout"))
    client.post(reverse("basket:add", args=[first.pk]), {"quantity": 2})
    client.post(reverse("basket:add", args=[second.pk]), {"quantity": 1})
    right = {"login": alice.email, "password": "pass-alice-3.6"}
    client.post(reverse("account_login"), right)
    client.get(reverse("basket:summary"))
    [cart] = Basket.objects.filter(status=Basket.OPEN)
    assert cart.owner == alice
    lines = dict(cart.lines.values_list("product", "quantity"))
    assert lines == {first.pk: 2, second.pk: 1}  # the larger wish, never the sum of two visits
