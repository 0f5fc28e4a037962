"""Shipping, cancelling and refunding the components of a kit, to the cent."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from accounts.users.models import User
from catalog.models import Product
from checkout.audit.services import run_audit
from checkout.documents.content import invoice
from checkout.documents.slips import packing_slips, pick_list
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.newsletter import _orders_of
from checkout.order.models import Line, Order
from checkout.order.receivers import buyers_of
from checkout.pages.reviews.views import bought_products
from checkout.payment.models import Transaction
from checkout.refunds.allocation import order_shares, refundable_shares
from checkout.returns import services
from checkout.settlement.services import pay
from tests.catalog import stock
from tests.checkout.audit.helpers import breaches, sql
from tests.checkout.conftest import token, transactions
from tests.checkout.returns.helpers import approve_and_receive, request_return, ship
from tests.stripe_double.control import Double

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(order: Any, starter: Any, stripe_double: Double) -> Order:
    """Three starter sets for 479.97, shipping and taxes."""
    made = order((starter, 3))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def levels(*products: Product) -> list[tuple[int, int]]:
    return [stock.levels(product.stockrecords.get()) for product in products]


def test_components_ship_apart(paid: Order, plane: Any, cell: Any, charger: Any):
    ship(paid, 3, 4, 0)
    paid.refresh_from_db()
    assert paid.status == "part-shipped"
    assert levels(plane, cell, charger) == [(4, 0), (16, 2), (9, 3)]
    ship(paid, 0, 2, 3, tracking_number="CP2")
    paid.refresh_from_db()
    assert paid.status == "shipped"
    assert levels(plane, cell, charger) == [(4, 0), (14, 0), (6, 0)]


def test_cancelled_kit_releases_all_components(
    paid: Order, plane: Any, cell: Any, charger: Any, starter: Any
):
    services.cancel_by_customer(order=paid, note="")
    assert levels(plane, cell, charger, starter) == [(7, 0), (20, 0), (9, 0), (0, 0)]


def test_one_returned_component_is_refunded_to_the_cent(
    paid: Order, charlie: User, cell: Any, starter: Any
):
    ship(paid)
    line = paid.lines.order_by("pk")[1]
    # 6 cells: 49.56 before tax, GST 2.48 and PST 2.97; of the last one, 8.26, 0.41 and 0.49
    assert (line.quantity, line.line_price_excl_tax) == (6, Decimal("49.56"))
    ret = approve_and_receive(request_return(paid, 0, 1), charlie, (1, 0))
    wanted = services.refund_proposal(ret, delivery=False)
    assert {share.component: cents for share, cents in wanted.items()} == {
        "": 826, "GST": 41, "PST": 49,
    }  # fmt: skip
    services.refund(ret=ret, wanted=wanted, reason="Cell returned", by=charlie)
    assert transactions(paid)[-1] == ("refund", 916)
    assert levels(cell, starter) == [(15, 0), (0, 0)]
    assert Order.objects.get(pk=paid.pk).lines.order_by("pk")[1].returned == 1


def test_components_returned_one_by_one_are_refunded_exactly_what_was_paid(
    paid: Order, charlie: User, plane: Any, cell: Any, charger: Any
):
    ship(paid)
    for counts in ((1, 2, 0), (0, 1, 1), (2, 3, 2)):
        pairs = [(count, 0) for count in counts if count]
        ret = approve_and_receive(request_return(paid, *counts), charlie, *pairs)
        wanted = services.refund_proposal(ret, delivery=False)
        services.refund(ret=ret, wanted=wanted, reason=f"Returned {counts}", by=charlie)
    lines = {share: cents for share, cents in order_shares(paid).items() if share.line}
    refunds = Transaction.objects.filter(type="refund")
    assert sum(refund.amount_cents for refund in refunds) == sum(lines.values())
    left = refundable_shares(paid)
    assert {left[share] for share in lines} == {0}
    assert levels(plane, cell, charger) == [(7, 0), (20, 0), (9, 0)]
    assert run_audit().breaches == []


def test_cancelled_component_is_left_out_of_the_invoice(paid: Order, starter: Any):
    cells = paid.lines.order_by("pk")[1]
    cancel_items(order=paid, quantities={cells.pk: 1}, reason="Lost", by=None)
    ship(Order.objects.get(pk=paid.pk), 3, 5, 3)
    fresh = Order.objects.get(pk=paid.pk)
    draft = invoice(fresh, list(Transaction.objects.filter(type="capture")))
    table = next(each for each in draft.sections if each["type"] == "table")
    assert [row[1:] for row in table["rows"]] == [
        ["3", "$159.99", ""], ["3", "", "$388.67"], ["5", "", "$41.30"], ["3", "", "$41.74"],
    ]  # fmt: skip
    assert table["rows"][0][0] == f"Starter set\nMF-{starter.pk}"
    assert "Part of Starter set" in table["rows"][1][0]
    labels = [label for label, _amount in table["sums"]]
    assert not any(label.startswith("Discounts") for label in labels)


def test_slips_list_components_with_their_kit(paid: Order):
    text = str(packing_slips([paid]))
    assert "Plane\\nPart of Starter set" in text
    assert "Cell\\nPart of Starter set" in str(pick_list([paid]))


def test_audit_finds_a_kit_that_does_not_add_up(paid: Order):
    assert breaches() == []
    sql("UPDATE order_orderkit SET unit_price_excl_tax = 150.00")
    assert breaches() == [
        f"order {paid.number}: Starter set cost 450.00 CAD, but its lines cost 479.97 CAD. "
        "Compare it with its confirmation email: the amounts differed from the start, or one was "
        "changed after the order was placed."
    ]


def test_buyer_of_a_kit_may_review_it_and_its_components(
    order: Any, starter: Any, plane: Any, cell: Any, alice: User, stripe_double: Double
):
    made = order((starter, 1), user=alice)
    pay(order=made, confirmation_token=token(stripe_double))
    assert bought_products(alice) == set()
    ship(made, 1, 0, 0)
    assert bought_products(alice) == {starter.pk, plane.pk}


def test_audience_who_bought_a_kit(paid: Order, starter: Any):
    assert list(_orders_of(f"MF-{starter.pk}")) == [paid]


def test_safety_notice_of_a_kit_reaches_its_buyers(paid: Order, starter: Any, cell: Any):
    assert buyers_of(Order, [starter.pk]) == [("dana@example.com", "Starter set")]
    assert buyers_of(Order, [cell.pk]) == [("dana@example.com", "Cell")]
    Line.objects.update(cancelled=F("quantity"))
    assert buyers_of(Order, [starter.pk]) == []
