"""Edits at the same moment as shipments, payments and other edits, on real connections."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.partner.models import StockRecord
from checkout.fulfilment.services import cancel_order
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order_edits.additions import add_items, plan_addition
from checkout.order_edits.address import change_address, plan_address
from checkout.order_edits.cuts import cut, plan_cut
from checkout.order_edits.item_refunds import plan_refund, refund_items
from checkout.payment.models import Transaction
from checkout.placement.services import accept_policies
from checkout.settlement.services import pay
from microflight.core.money import to_cents
from tests.checkout.audit.helpers import breaches, ship
from tests.checkout.conftest import needs_postgres, token, transactions
from tests.checkout.payments import fresh
from tests.concurrency import run_behind, run_concurrently
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


def columns(**changes: str) -> dict[str, Any]:
    return {
        "first_name": "Dana", "last_name": "Reyes", "line1": "1 Ninth Ave", "line2": "",
        "line4": "Calgary", "state": "AB", "postcode": "T2P 1A1", "country_id": "CA",
        "phone_number": "", **changes,
    }  # fmt: skip


def move(order: Order, seen: str = "", **changes: str) -> Order:
    """Confirm another address, with the plan of now or of earlier."""
    to = columns(**changes)
    plan = seen or plan_address(fresh(order), to, "ca-parcel", keep_price=True).hash
    return change_address(
        order=order, columns=to, method_code="ca-parcel", keep_price=True, reason="Moved",
        seen=plan, by=None,
    )  # fmt: skip


def seen_for(order: Order, **changes: str) -> str:
    return plan_address(fresh(order), columns(**changes), "ca-parcel", keep_price=True).hash


def add(order: Order, product: int, quantity: int = 2) -> Order:
    wanted, day = [(product, quantity)], timezone.localdate() + timedelta(days=7)
    return add_items(
        order=order, wanted=wanted, valid_until=day, channel="phone", early_charge=False,
        reason="Call", seen=plan_addition(fresh(order), wanted, day).hash, by=None,
    )  # fmt: skip


def test_address_changes_before_the_capture_or_not_at_all(paid: Order):
    seen, rows = seen_for(paid), Order.objects.filter(pk=paid.pk)
    results = run_behind(rows, lambda: ship(paid, 2, 1), lambda: move(paid, seen))
    assert results[0] is None
    assert str(results[1]) == "An order that is shipped cannot be edited."
    assert transactions(paid) == [("authorize", 14584), ("capture", 14584)]
    assert fresh(paid).shipping_address.state == "SK"
    assert breaches() == []


def test_capture_takes_the_total_that_the_order_has(paid: Order):
    seen = seen_for(paid)
    run_concurrently(lambda: move(paid, seen), lambda: ship(paid, 2, 1))
    now = fresh(paid)
    captured = {"AB": 13796, "SK": 14584}[now.shipping_address.state]
    assert transactions(now) == [("authorize", 14584), ("capture", captured)]
    assert to_cents(now.total_incl_tax) == captured
    assert breaches() == []


def test_two_staff_who_move_an_order_do_not_replace_each_other(paid: Order):
    plans = [(line1, seen_for(paid, line1=line1)) for line1 in ("1 Oak St", "2 Birch St")]
    results = run_concurrently(*(lambda p=p: move(paid, p[1], line1=p[0]) for p in plans))
    rejected = [each for each in results if isinstance(each, OrderActionError)]
    assert [str(each) for each in rejected] == [
        "The order has changed since you opened this page. Please open it again."
    ]
    assert paid.attempts.get().due_cents == 13796
    assert breaches() == []


def test_shipment_and_addition_at_once_leave_no_unpaid_difference(paid: Order, product: Any):
    plane = product("Dragonfly", price="10.00", stock=4)
    results = run_concurrently(lambda: ship(paid, 2, 1), lambda: add(paid, plane.pk))
    rejected = [each for each in results if isinstance(each, OrderActionError)]
    assert len(rejected) == 1
    assert (fresh(paid).status == "shipped") != Order.objects.filter(adds_to=paid).exists()
    assert breaches() == []


def test_addition_is_paid_or_cancelled_but_not_both(
    paid: Order, product: Any, accepted: Any, stripe_double: Double
):
    added = add(paid, product("Dragonfly", price="10.00", stock=4).pk)
    accept_policies(order=added, accepted=accepted)
    card = token(stripe_double)
    run_concurrently(
        lambda: pay(order=added, confirmation_token=card),
        lambda: cancel_order(order=added, reason="Changed my mind", by=None),
        lambda: ship(paid, 2, 1),
    )
    now, stock = fresh(added), StockRecord.objects.get(product__title="Dragonfly")
    assert now.status in ("placed", "cancelled")
    assert stock.num_allocated == (2 if now.status == "placed" else 0)
    assert breaches() == []


def test_same_refund_by_two_people_is_made_once(shipped: Order):
    line = shipped.lines.order_by("pk")[0].pk
    seen = plan_refund(shipped, {line: 1}, shipping=False, restock=True).hash
    results = run_concurrently(
        *(
            lambda: refund_items(
                order=shipped, quantities={line: 1}, shipping=False, restock=True,
                reason="Broken", seen=seen, by=None,
            )
            for _ in range(2)
        )
    )  # fmt: skip
    assert transactions(shipped).count(("refund", 5544)) == 1
    assert {isinstance(each, (Transaction, OrderActionError)) for each in results} == {True}
    assert StockRecord.objects.get(product__title="Butterfly").num_in_stock == 4
    assert breaches() == []


def test_same_cut_by_two_people_removes_one_unit(paid: Order):
    line = paid.lines.order_by("pk")[0].pk
    seen = plan_cut(fresh(paid), {line: 1}).hash
    results = run_concurrently(
        *(
            lambda: cut(order=paid, quantities={line: 1}, reason="Call", seen=seen, by=None)
            for _ in range(2)
        )
    )
    assert [isinstance(each, OrderActionError) for each in results].count(True) == 1
    assert paid.lines.get(pk=line).cancelled == 1
    assert paid.attempts.get().due_cents == 9039
    assert breaches() == []
