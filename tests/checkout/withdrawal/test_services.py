"""What a withdrawal cancels, returns and refunds."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from checkout.order.models import Order, ShippingEvent
from checkout.returns import services as returns
from checkout.returns.approved_returns import refunds_shipping
from checkout.withdrawal.models import Withdrawal, WithdrawalLine, WithdrawalRule
from checkout.withdrawal.period import withdrawal_options
from checkout.withdrawal.services import (
    WithdrawalError,
    declare,
    settle_withdrawal,
    settle_withdrawals,
)
from tests.checkout.conftest import transactions
from tests.checkout.returns.helpers import email_types, ship, snapshot, stock
from tests.stripe_double.control import Double


def withdraw(order: Order, *quantities: int, key: uuid.UUID | None = None) -> Withdrawal:
    """Withdraw from some units of each line, or from everything, and settle it."""
    lines = order.lines.order_by("pk")
    units = {line.pk: n for line, n in zip(lines, quantities, strict=False)} or None
    made = declare(order=order, quantities=units, key=key or uuid.uuid4(), channel="link")
    settle_withdrawal(made.pk)
    return Withdrawal.objects.get(pk=made.pk)


def units(withdrawal: Withdrawal) -> list[tuple[int, int]]:
    """Return (withdrawn, cancelled) of each line."""
    return list(withdrawal.lines.values_list("quantity", "cancelled"))


@pytest.mark.promise("withdrawal", "withdrawal-refund")
def test_unshipped_order_is_cancelled_and_its_payment_released(german: Order):
    made = withdraw(german)
    assert (units(made), made.ret, made.problem) == ([(3, 3), (1, 1)], None, "")
    assert made.settled_at is not None
    assert Order.objects.get(pk=german.pk).status == "cancelled"
    assert [kind for kind, _ in transactions(german)] == ["authorize", "void"]
    assert stock() == [(10, 0), (10, 0)]
    assert email_types() == ["withdrawal-receipt", "withdrawal-for-staff", "order-cancelled"]


@pytest.mark.promise("withdrawal-refund")
def test_some_unshipped_units_are_cancelled(german: Order):
    made = withdraw(german, 2, 0)
    assert units(made) == [(2, 2)]
    assert list(german.lines.order_by("pk").values_list("cancelled", flat=True)) == [2, 0]
    assert german.attempts.get().waived_cents == 6666
    assert withdrawal_options(german).lines[0].quantity == 1


@pytest.mark.promise("withdrawal", "withdrawal-refund")
def test_shipped_units_become_an_approved_return(german: Order, charlie: Any):
    ship(german)
    Message.objects.all().delete()
    made = withdraw(german)
    assert units(made) == [(3, 0), (1, 0)]
    assert made.ret is not None
    assert (made.ret.state, made.ret.requested_by) == ("approved", None)
    assert list(made.ret.lines.values_list("quantity", "reason")) == [
        (3, "withdrawal"), (1, "withdrawal"),
    ]  # fmt: skip
    assert email_types() == ["withdrawal-receipt", "withdrawal-for-staff", "return-approved"]
    lines = made.ret.lines.order_by("pk")
    counts = {each.pk: (each.quantity, 0) for each in lines}
    ret = returns.receive(ret=made.ret, received=counts, by=charlie)
    # everything comes back: the shipping charge is refunded, too, and there is no fee
    # Mutation: with `return False` in refunds_shipping, 119.98 is refunded
    delivery = refunds_shipping(ret)
    wanted = returns.refund_proposal(ret, fee_percent=15, delivery=delivery)
    assert sum(wanted.values()) == 15448
    assert returns.max_fee(ret) == 0
    returns.refund(ret=ret, wanted=wanted, reason="Withdrawal", by=charlie)
    assert transactions(german)[-1] == ("refund", 15448)


def test_part_of_a_shipped_order_keeps_the_shipping_charge(german: Order, charlie: Any):
    ship(german)
    made = withdraw(german, 1, 0)
    assert made.ret is not None
    line = made.ret.lines.get()
    ret = returns.receive(ret=made.ret, received={line.pk: (1, 0)}, by=charlie)
    wanted = returns.refund_proposal(ret, delivery=refunds_shipping(ret))
    assert sum(wanted.values()) == 3333


def test_unshipped_units_are_cancelled_before_shipped_ones_are_returned(german: Order):
    ship(german, 1, 1)
    made = withdraw(german, 3, 1)
    assert units(made) == [(3, 2), (1, 0)]
    assert made.ret is not None
    assert list(made.ret.lines.values_list("quantity", flat=True)) == [1, 1]
    assert transactions(german)[-1] == ("refund", 6666)  # captured with the first shipment
    assert not withdrawal_options(german)


@pytest.mark.promise("withdrawal-receipt")
def test_receipt_has_date_time_and_items(german: Order):
    with time_machine.travel(datetime(2026, 12, 1, 5, 59, 30, tzinfo=UTC), tick=False):
        withdraw(german, 1, 0)
    message = Message.objects.get(email_type="withdrawal-receipt")
    assert message.recipient == "dana@example.com"
    text = compose(message).text
    assert "November 30, 2026, 23:59:30 (Saskatoon time; 2026-12-01 05:59:30 UTC)" in text
    assert "1 x Butterfly" in text
    assert "Ladybird" not in text


def test_same_form_twice_is_one_withdrawal(german: Order):
    key = uuid.uuid4()
    first = withdraw(german, 1, 0, key=key)
    before = snapshot(german)
    assert withdraw(german, 1, 0, key=key) == first
    assert settle_withdrawals() == 0
    assert snapshot(german) == before


def test_withdrawn_units_cannot_be_withdrawn_again(german: Order):
    ship(german)
    withdraw(german, 2, 0)
    before = snapshot(german)
    with pytest.raises(WithdrawalError, match="has changed since you opened"):
        withdraw(german, 2, 0)
    assert snapshot(german) == before


def test_units_declared_and_not_settled_cannot_be_withdrawn_again(german: Order):
    # Mutation: without `pending`, six of three units are withdrawn
    declare(order=german, quantities=None, key=uuid.uuid4(), channel="number")
    with pytest.raises(WithdrawalError, match="nothing left"):
        declare(order=german, quantities=None, key=uuid.uuid4(), channel="number")
    assert Withdrawal.objects.count() == 1


@pytest.mark.promise("withdrawal")
def test_period_ends_fourteen_days_after_the_latest_delivery(german: Order):
    ship(german)
    sent = datetime(2026, 11, 2, 18, tzinfo=UTC)  # a Monday
    ShippingEvent.objects.update(date_created=sent)
    # "International Parcel, air" takes up to 14 working days: Friday the 20th; 30 days late:
    # December 20; 14 days: January 3
    assert withdrawal_options(german, date(2027, 1, 3)).last_day == date(2027, 1, 3)
    assert withdrawal_options(german, date(2027, 1, 3))
    assert not withdrawal_options(german, date(2027, 1, 4))


def test_period_does_not_end_before_the_last_shipment(german: Order):
    ship(german, 1)
    ShippingEvent.objects.update(date_created=datetime(2025, 1, 2, 18, tzinfo=UTC))
    assert withdrawal_options(german).last_day is None
    assert withdrawal_options(german)


def test_buyers_elsewhere_cannot_withdraw(german: Order, order: Any):
    canadian = order()
    Order.objects.filter(pk=canadian.pk).update(status="placed")
    canadian.refresh_from_db()
    with pytest.raises(WithdrawalError):
        withdraw(canadian)
    assert not Withdrawal.objects.exists()


def test_staff_change_the_period(german: Order):
    WithdrawalRule.objects.update(days=30)
    ship(german)
    ShippingEvent.objects.update(date_created=datetime(2026, 11, 2, 18, tzinfo=UTC))
    assert withdrawal_options(german, date(2027, 1, 19))


def test_withdrawal_counts_while_stripe_is_down(german: Order, stripe_double: Double):
    stripe_double.fault(r"/cancel$", lost=True, when="after", times=3)
    made = withdraw(german)
    assert made.settled_at is None
    assert "Stripe did not respond" in made.problem
    assert email_types() == ["withdrawal-receipt", "withdrawal-for-staff"]
    assert settle_withdrawals() == 0  # too early
    assert Order.objects.get(pk=german.pk).status == "placed"
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        assert settle_withdrawals() == 0
    made.refresh_from_db()
    assert (made.settled_at is not None, made.problem) == (True, "")
    assert Order.objects.get(pk=german.pk).status == "cancelled"


def test_cancellation_before_a_crash_is_not_repeated(german: Order):
    # Mutation: without _is_cancelled, four units would be cancelled
    made = withdraw(german, 2, 0)
    Withdrawal.objects.update(settled_at=None, claimed_at=None)
    assert settle_withdrawal(made.pk)
    assert list(german.lines.order_by("pk").values_list("cancelled", flat=True)) == [2, 0]
    assert Withdrawal.objects.get().ret is None


def test_order_cancelled_meanwhile_gets_no_return(german: Order):
    made = declare(order=german, quantities=None, key=uuid.uuid4(), channel="number")
    returns.cancel_by_customer(order=german, note="")
    assert settle_withdrawal(made.pk)
    made.refresh_from_db()
    assert (made.settled_at is not None, made.ret) == (True, None)
    assert not WithdrawalLine.objects.exclude(cancelled=0).exists()
