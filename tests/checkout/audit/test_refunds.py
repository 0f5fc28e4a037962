"""Refunds and returns that are more than the bill or the parcels."""

from typing import Any

import pytest

from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from checkout.payment.models import Movement
from checkout.refunds.models import RefundPart
from checkout.returns.models import Return
from tests.checkout.audit.conftest import ship
from tests.checkout.audit.running import breaches, sql
from tests.stripe_double.control import Double

TELL = "Tell a developer: what was paid back of which tax is not known to the cent."


@pytest.fixture
def refunded(paid: Any, stripe_double: Double) -> Order:
    """Shipped, and 50.00 of 145.84 CAD given back."""
    order = paid()
    ship(order, 2, 1)
    refund_order(order=order, cents=5000, reason="A scratch.", by=None)
    return order


def test_a_refund_that_is_not_its_parts_is_a_breach(refunded: Order):
    part = RefundPart.objects.filter(component="").order_by("pk")[0]
    sql("UPDATE refunds_refundpart SET cents = cents - 1 WHERE id = %s", part.pk)
    refund = Movement.objects.get(kind="refund")
    assert breaches() == [
        f"order {refunded.number}: Refund {refund.stripe_id} is 50.00 CAD, and its parts are "
        f"49.99 CAD. {TELL}"
    ]


@pytest.mark.parametrize(
    ("kind", "component", "words"),
    [
        ("goods", "", "99.91 CAD was paid back of MF-{pk}, which cost 99.90 CAD."),
        ("delivery", "", "11.51 CAD was paid back of Tracked parcel, which cost 11.50 CAD."),
        ("goods", "GST", "5.01 CAD was paid back of GST, which cost 5.00 CAD."),
        ("delivery", "PST", "0.70 CAD was paid back of PST, which cost 0.69 CAD."),
    ],
)
def test_more_paid_back_than_it_cost_is_a_breach(
    refunded: Order, kind: str, component: str, words: str
):
    parts = RefundPart.objects.filter(kind=kind, component=component).order_by("line_id")
    part, cents = parts[0], round(float(words.split()[0]) * 100)
    sql("UPDATE refunds_refundpart SET cents = %s WHERE id = %s", cents, part.pk)
    product = refunded.lines.order_by("pk")[0].product_id
    told = [line for line in breaches() if "which cost" in line]
    assert told == [f"order {refunded.number}: {words.format(pk=product)} {TELL}"]


def test_more_returned_than_left_is_a_breach(paid: Any, stripe_double: Double):
    order = paid()
    ship(order, 1)
    line = order.lines.order_by("pk")[0]
    came = Return.objects.create(order=order, nth=1, state="received")
    came.lines.create(line=line, quantity=2, reason="faulty", restocked=1)
    sql("UPDATE order_line SET returned = 1 WHERE id = %s", line.pk)
    assert breaches() == []
    sql("UPDATE returns_returnline SET scrapped = 1")
    sql("UPDATE order_line SET returned = 2 WHERE id = %s", line.pk)
    assert breaches() == [
        f"order {order.number}: 2 of {line.partner_sku} came back, and 1 had left. "
        "Count the shelf, and correct the record."
    ]
