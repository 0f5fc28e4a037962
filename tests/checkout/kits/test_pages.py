"""Pages and emails list the components of a kit."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client

from accounts.mail.models import Message
from accounts.mail.tasks import deliver
from checkout.order.links import status_url
from checkout.order.models import Order
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.checkout.shopper import text
from tests.stripe_double.control import Double

pytestmark = pytest.mark.django_db


def test_cart_and_checkout_list_the_components(client: Client, rates: Any, starter: Any):
    client.post(f"/cart/add/{starter.pk}/", {"quantity": 2})
    page = client.get("/cart/").content.decode()
    assert "<br>1 × Plane<br>2 × Cell<br>1 × Charger</p>" in page
    page = client.get("/checkout/").content.decode()
    assert '<span class="line-note">2 × Plane</span>' in page
    assert '<span class="line-note">4 × Cell</span>' in page


@pytest.fixture
def placed(order: Any, starter: Any, stripe_double: Double) -> Order:
    made = order((starter, 1))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def test_order_page_and_admin_list_the_components(placed: Order, starter: Any, staff: Client):
    page = text(Client().get(urlsplit(status_url(placed)).path))
    assert "Starter set" in page
    assert f"SKU MF-{starter.pk} · $159.99 each" in page
    assert page.count("Part of Starter set") == 3
    page = text(staff.get(f"/admin/order/order/{placed.pk}/change/"))
    assert page.count("Part of Starter set") >= 3


def test_confirmation_email_lists_the_components(placed: Order, starter: Any):
    message = Message.objects.get(email_type="order-confirmed")
    deliver(message.pk)
    (sent,) = (each for each in mail.outbox if each.to == ["dana@example.com"])
    assert f"1 x Starter set (MF-{starter.pk}), $159.99:" in sent.body
    assert "2 x Cell" in sent.body
    assert "$16.52" in sent.body
    assert "None" not in sent.body
