"""An order that has left, ready to come back."""

from typing import Any

import pytest

from accounts.mail.models import Message
from checkout.fulfilment.shipments import ship_parcel
from checkout.order.models import Order
from checkout.returns import services
from checkout.returns.models import Return
from checkout.returns.services import Wanted
from checkout.settlement.services import pay
from tests.checkout.conftest import token
from tests.stripe_double.control import Double


@pytest.fixture
def shipped(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Shipped and paid: three Butterflies at 33.33 and one Ladybird at 19.99, 145.94 CAD.

    Goods 119.98, delivery 11.50, GST 5 % 6.57, PST 6 % 7.89.
    """
    basket = cart((product(price="33.33"), 3), product("Ladybird", price="19.99"))
    made = order(basket=basket)
    pay(order=made, confirmation_token=token(stripe_double))
    send(made)
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)


def send(order: Order, *pieces: int, number: str = "CP1") -> None:
    """Ship some pieces of each line, or all."""
    lines = list(order.lines.order_by("pk"))
    counts = pieces or tuple(line.quantity for line in lines)
    ship_parcel(
        order=Order.objects.get(pk=order.pk),
        quantities={line.pk: n for line, n in zip(lines, counts, strict=False)},
        carrier="Canada Post",
        tracking_number=number,
        by=None,
    )


def asked(
    order: Order, *pieces: int, why: str = "Bent", reason: str = "faulty", by: Any = None
) -> Return:
    """Ask for some pieces of each line, in the order of the bill."""
    lines = order.lines.order_by("pk")
    wanted = [Wanted(line.pk, n, reason) for line, n in zip(lines, pieces, strict=False) if n]
    return services.ask(order=order, wanted=wanted, why=why, by=by)


def came(ret: Return, by: Any, *counts: tuple[int, int]) -> Return:
    """Approve a return and receive it: for each line pieces for the shelf and for the bin."""
    services.approve(ret=ret, by=by)
    lines = ret.lines.order_by("pk")
    pieces = {each.pk: pair for each, pair in zip(lines, counts, strict=False)}
    return services.receive(ret=ret, pieces=pieces, by=by)
