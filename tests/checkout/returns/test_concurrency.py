"""Staff and customers act at the same moment, on separate database connections."""

from collections import Counter
from typing import Any

import pytest

from accounts.mail.models import Message
from catalog.partner.models import StockMovement, StockRecord
from checkout.fulfilment.refund_actions import refund_order
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.refunds.allocation import item_shares, refundable_shares
from checkout.refunds.models import RefundAllocation
from checkout.returns import services
from checkout.returns.models import Return
from checkout.returns.services import ReturnError
from checkout.settlement.services import pay
from tests.checkout.conftest import needs_postgres, token
from tests.checkout.returns.helpers import approve_and_receive, request_return, ship
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


def test_concurrent_receipts_restock_once(shipped: Order, charlie: Any):
    ret = services.approve(ret=request_return(shipped, 3), by=charlie)
    line = ret.lines.get().pk
    counts = [(2, 1), (3, 0), (2, 1), (0, 3)]
    results = run_concurrently(
        *(
            lambda pair=pair: services.receive(
                ret=Return.objects.get(pk=ret.pk), received={line: pair}, by=charlie
            )
            for pair in counts
        )
    )
    done = [each for each in results if isinstance(each, Return)]
    assert all(isinstance(each, Return | ReturnError) for each in results)
    each = ret.lines.get()
    # regression: without the lock the others raised IntegrityError
    assert StockMovement.objects.filter(type="return").count() == (1 if each.restocked else 0)
    assert StockRecord.objects.order_by("pk")[0].num_in_stock == 7 + each.restocked
    assert len(done) == counts.count((each.restocked, each.scrapped))
    assert ret.events.filter(state="received").count() == 1
    assert Message.objects.filter(email_type="return-received").count() == 1


def test_concurrent_approve_and_decline_send_one_answer(shipped: Order, charlie: Any):
    ret = request_return(shipped, 1)
    results = run_concurrently(
        *[lambda: services.approve(ret=ret, by=charlie)] * 2,
        *[lambda: services.decline(ret=ret, note="Flown", by=charlie)] * 2,
    )
    refused = [each for each in results if isinstance(each, ReturnError)]
    # regression: without the lock all four succeeded and sent two emails
    assert len(refused) == 2
    assert ret.events.count() == 2
    answers = Message.objects.filter(email_type__in=["return-approved", "return-declined"])
    assert answers.count() == 1


def test_concurrent_requests_for_the_last_units_create_one_return(shipped: Order):
    results = run_concurrently(
        *(lambda note=str(n): request_return(shipped, 2, note=note) for n in range(6))
    )
    # regression: without the lock five requests raised IntegrityError
    assert Counter(type(each) for each in results) == {Return: 1, ReturnError: 5}
    assert {str(each) for each in results if isinstance(each, ReturnError)} == {
        "You can return up to 1 of Butterfly, not 2."
    }


def test_concurrent_refunds_stay_within_the_captured_amount(
    shipped: Order, charlie: Any, stripe_double: Double
):
    returns = [
        approve_and_receive(request_return(shipped, 1, note=str(n)), charlie, (1, 0))
        for n in range(3)
    ]

    def send_refund(ret: Return) -> Any:
        fresh = Return.objects.get(pk=ret.pk)
        wanted = services.refund_proposal(fresh, delivery=True)
        return services.refund(ret=fresh, wanted=wanted, cents=5000, reason="x", by=charlie)

    results = run_concurrently(
        *(lambda ret=ret: send_refund(ret) for ret in returns * 2),
        *[lambda: refund_order(order=shipped, cents=6000, reason="x", by=charlie)] * 2,
    )
    assert all(isinstance(each, Transaction | OrderActionError) for each in results)
    made = [row["amount"] for row in stripe_double.refunds()]
    booked = list(Transaction.objects.filter(type="refund").values_list("amount_cents", flat=True))
    assert sorted(made) == sorted(booked)
    # regression: without the lock our sum was lower than Stripe's
    assert sum(booked) == shipped.attempts.get().refunded_cents <= 14594
    for refund in Transaction.objects.filter(type="refund"):
        assert sum(part.cents for part in refund.allocations.all()) == refund.amount_cents
    assert not RefundAllocation.objects.filter(type="other").exists()
    assert sum(refundable_shares(shipped).values()) == 14594 - sum(booked)
    for ret in returns:
        assert ret.planned_refunds.exclude(refund=None).count() <= 1
        assert ret.events.filter(state="refunded").count() <= 1


def test_concurrent_refunds_of_one_line_stay_within_its_price(shipped: Order, charlie: Any):
    line = shipped.lines.order_by("pk")[0]

    def send_refund(place: int) -> Any:
        wanted = item_shares(shipped, {line.pk: (place, 1)})
        cents = sum(wanted.values())
        return refund_order(order=shipped, cents=cents, reason="x", by=charlie, shares=wanted)

    results = run_concurrently(*(lambda place=place: send_refund(place) for place in range(3)))
    assert all(isinstance(each, Transaction | OrderActionError) for each in results)
    mine = RefundAllocation.objects.filter(line=line)
    assert sum(part.cents for part in mine) <= 9999 + 500 + 600
    assert min(refundable_shares(shipped).values()) >= 0


def test_concurrent_cancel_and_ship_have_one_winner(
    order: Any, product: Any, charlie: Any, stripe_double: Double
):
    made = order(product(stock=3))
    pay(order=made, confirmation_token=token(stripe_double))
    results = run_concurrently(
        lambda: services.cancel_by_customer(order=made, note=""),
        lambda: ship(made),
        lambda: services.cancel_by_customer(order=made, note=""),
    )
    now = Order.objects.get(pk=made.pk)
    money, record = stripe_double.intents()[0]["status"], StockRecord.objects.get()
    refusals = [str(each) for each in results if isinstance(each, OrderActionError)]
    if now.status == "shipped":
        assert (money, record.num_in_stock, record.num_allocated) == ("succeeded", 2, 0)
        assert len(refusals) == 2
        assert all("Part of this order has already shipped" in each for each in refusals)
    else:
        assert (now.status, money) == ("cancelled", "canceled")
        assert (record.num_in_stock, record.num_allocated) == (3, 0)
        assert refusals == ["An order that is cancelled cannot be shipped."]
