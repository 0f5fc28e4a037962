"""A US order that is late."""

from datetime import date
from typing import Any

import pytest
from django.db.models import QuerySet

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.deadlines import seed
from checkout.order.models import Order
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.stripe_double.control import Double

US = {
    "country": "US",
    "province": "WA",
    "postcode": "98101",
    "city": "Seattle",
    "shipping_code": "us-parcel",
}


@pytest.fixture
def american(order: Any, product: Any, stripe_double: Double) -> Order:
    """Paid, promised to ship by 2026-12-04."""
    seed.load()
    made = order(product(), **US)
    pay(order=made, confirmation_token=token(stripe_double))
    Order.objects.filter(pk=made.pk).update(ships_by=date(2026, 12, 4))
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)


def backorder(order: Order, day: date | None) -> None:
    """Let the stock of an order be missing until a day."""
    QuerySet(StockRecord).update(num_in_stock=0, backorder=True, expected_on=day)
