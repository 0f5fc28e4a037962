"""A shop with orders that were shipped, refunded, cancelled and never paid."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt
from checkout.settlement.reconcile import expire_orders
from checkout.settlement.services import abandon, pay
from tests.checkout.audit.helpers import ship
from tests.checkout.conftest import token
from tests.checkout.factories import make_voucher
from tests.stripe_double.control import Double


@pytest.fixture
def paid(order: Any, cart: Any, product: Any, stripe_double: Double) -> Any:
    """Place and pay orders: two Butterflies and a Ladybird to Saskatoon, 145.84 CAD, or a cart."""

    def make(basket: Any = None, **more: Any) -> Order:
        basket = basket or cart((product(stock=5), 2), product("Ladybird", price="19.99", stock=3))
        made = order(basket=basket, **more)
        pay(order=made, confirmation_token=token(stripe_double))
        return Order.objects.get(pk=made.pk)

    return make


@pytest.fixture
def orders(
    paid: Any, order: Any, cart: Any, product: Any, stripe_double: Double
) -> dict[str, Order]:
    """One order per outcome, by name."""
    voucher = make_voucher("SPRING")
    plane = product("Mosquito", price="33.33", stock=30)
    told = {
        "placed": paid(),
        "discounted": paid(cart((plane, 3), vouchers=[voucher])),
        "sent": paid(cart((plane, 2))),
        "part-sent": paid(cart((plane, 4))),
        "refunded": paid(cart((plane, 1))),
        "cancelled": paid(cart((plane, 2), vouchers=[make_voucher("ONCE")])),
        "cancelled-half-way": paid(cart((plane, 3))),
        "given-up": order(basket=cart((plane, 1))),
        "expired": order(basket=cart((plane, 1))),
        "waiting": order(basket=cart((plane, 1))),
        "abroad": paid(cart((plane, 1)), country="US", province="NY", shipping_code="us-parcel"),
    }
    ship(told["sent"], 2)
    ship(told["part-sent"], 1)
    ship(told["refunded"], 1)
    refund_order(order=told["refunded"], cents=500, reason="A scratch.", by=None)
    refund_order(order=told["refunded"], cents=250, reason="Another one.", by=None)
    cancel_order(order=told["cancelled"], reason="Sold out.", by=None)
    ship(told["cancelled-half-way"], 1)
    cancel_order(order=told["cancelled-half-way"], reason="Lost interest.", by=None)
    abandon(order=told["given-up"])
    PaymentAttempt.objects.filter(order=told["expired"]).update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )
    expire_orders()
    return {name: Order.objects.get(pk=each.pk) for name, each in told.items()}
