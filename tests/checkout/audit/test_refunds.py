"""Refunds and returns that exceed what was charged or shipped."""

from typing import Any

import pytest

from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.refunds.models import RefundAllocation
from checkout.returns.models import Return
from tests.checkout.audit.helpers import breaches, ship, sql
from tests.stripe_double.control import Double

TELL = "Tell a developer: the refunded tax is not known to the cent."


@pytest.fixture
def refunded(paid: Any, stripe_double: Double) -> Order:
    """A shipped order with 50.00 of 145.84 CAD refunded."""
    order = paid()
    ship(order, 2, 1)
    refund_order(order=order, cents=5000, reason="A scratch.", by=None)
    return order


def test_refund_that_differs_from_its_allocations_is_a_breach(refunded: Order):
    part = RefundAllocation.objects.filter(component="").order_by("pk")[0]
    sql("UPDATE refunds_refundallocation SET cents = cents - 1 WHERE id = %s", part.pk)
    refund = Transaction.objects.get(type="refund")
    assert breaches() == [
        f"order {refunded.number}: Refund {refund.stripe_id} is 50.00 CAD, but its "
        "allocations add up to "
        f"49.99 CAD. {TELL}"
    ]


@pytest.mark.parametrize(
    ("kind", "component", "words"),
    [
        ("items", "", "99.91 CAD of MF-{pk} was refunded, but it cost 99.90 CAD."),
        ("shipping", "", "11.51 CAD of Expedited Parcel was refunded, but it cost 11.50 CAD."),
        ("items", "GST", "5.01 CAD of GST was refunded, but it cost 5.00 CAD."),
        ("shipping", "PST", "0.70 CAD of PST was refunded, but it cost 0.69 CAD."),
    ],
)
def test_refund_above_the_cost_is_a_breach(refunded: Order, kind: str, component: str, words: str):
    parts = RefundAllocation.objects.filter(type=kind, component=component).order_by("line_id")
    part, cents = parts[0], round(float(words.split()[0]) * 100)
    sql("UPDATE refunds_refundallocation SET cents = %s WHERE id = %s", cents, part.pk)
    product = refunded.lines.order_by("pk")[0].product_id
    found = [line for line in breaches() if "but it cost" in line]
    assert found == [f"order {refunded.number}: {words.format(pk=product)} {TELL}"]


def test_returning_more_than_shipped_is_a_breach(paid: Any, stripe_double: Double):
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
        f"order {order.number}: {line.partner_sku}: 2 returned, but only 1 shipped. "
        "Count the stock, and correct the stock record."
    ]
