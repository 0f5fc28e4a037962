"""Buyer, staff and job act at the same moment, on separate database connections."""

import uuid

import pytest

from accounts.mail.models import Message
from checkout.order.models import LineCancellation, Order
from checkout.returns.models import Return, ReturnLine
from checkout.withdrawal.models import Withdrawal
from checkout.withdrawal.services import (
    WithdrawalError,
    declare,
    settle_withdrawal,
    settle_withdrawals,
)
from tests.checkout.conftest import needs_postgres, transactions
from tests.checkout.returns.helpers import ship
from tests.concurrency import run_concurrently

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


def test_concurrent_declarations_withdraw_each_unit_once(german: Order):
    results = run_concurrently(
        *[
            lambda: declare(
                order=german, quantities=None, key=uuid.uuid4(), channel="number"
            )
        ] * 4
    )  # fmt: skip
    assert sorted(type(each).__name__ for each in results) == [
        "Withdrawal", "WithdrawalError", "WithdrawalError", "WithdrawalError",
    ]  # fmt: skip
    assert Message.objects.filter(email_type="withdrawal-receipt").count() == 1
    assert all(isinstance(each, Withdrawal | WithdrawalError) for each in results)


def test_concurrent_double_click_is_one_withdrawal(german: Order):
    key = uuid.uuid4()
    results = run_concurrently(
        *[lambda: declare(order=german, quantities=None, key=key, channel="link")] * 4
    )
    assert {each.pk for each in results} == {Withdrawal.objects.get().pk}


def test_concurrent_attempts_to_settle_cancel_once(german: Order):
    line = german.lines.order_by("pk")[0]
    made = declare(order=german, quantities={line.pk: 1}, key=uuid.uuid4(), channel="link")
    # Mutation: without the claim, two or three units are cancelled
    run_concurrently(*[lambda: settle_withdrawal(made.pk)] * 3, *[settle_withdrawals] * 2)
    line.refresh_from_db()
    assert line.cancelled == 1
    assert LineCancellation.objects.count() == 1


def test_shipment_at_the_same_moment_refunds_or_returns_each_unit_once(german: Order):
    made = declare(order=german, quantities=None, key=uuid.uuid4(), channel="link")
    run_concurrently(lambda: settle_withdrawal(made.pk), lambda: ship(german))
    if Withdrawal.objects.get().settled_at is None:
        Withdrawal.objects.update(claimed_at=None)
        settle_withdrawals()
    now = Order.objects.get(pk=german.pk)
    if now.status == "shipped":
        assert Return.objects.get().state == "approved"
        assert sum(ReturnLine.objects.values_list("quantity", flat=True)) == 4
    else:
        assert (now.status, Return.objects.count()) == ("cancelled", 0)
        assert transactions(german)[-1][0] == "void"
