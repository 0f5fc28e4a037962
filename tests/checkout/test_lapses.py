"""An authorization that is about to end is raised with staff, or captured as was agreed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.mail.models import Message
from checkout.fulfilment import expiring_authorizations
from checkout.fulfilment.tasks import check_expiring_authorizations
from checkout.order.models import Order, OrderNote
from checkout.payment.models import MoneyAlert, PaymentAttempt
from checkout.settlement.services import pay
from microflight.celery import app
from tests.catalog.stock import put
from tests.checkout.conftest import books, token
from tests.stripe_double.control import Double

LEAD = timedelta(days=2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def placed(order: Any, product: Any, stripe_double: Double) -> Order:
    """One Butterfly that may be backordered, reserved on the card: 68.21 CAD."""
    made = order(product(stock=1, backorder=True))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


@pytest.fixture
def nearly(placed: Order) -> Iterator[None]:
    """Two days before the reservation ends."""
    until = placed.attempts.get().authorised_until
    assert until is not None
    with time_machine.travel(until - LEAD + MINUTE):
        yield


def state(order: Order) -> tuple[str, str]:
    attempt = PaymentAttempt.objects.get(order=order)
    return Order.objects.get(pk=order.pk).status, attempt.state


def letters() -> int:
    return Message.objects.filter(kind="payment-alert").count()


def test_more_than_two_days_before_nothing_happens(placed: Order):
    until = placed.attempts.get().authorised_until
    assert until is not None
    with time_machine.travel(until - LEAD - MINUTE):
        assert expiring_authorizations.check_expiring_authorizations() == []
    assert (MoneyAlert.objects.count(), books(placed)) == (0, [("authorise", 6821)])


def test_what_is_on_the_shelf_is_raised_with_staff_once(placed: Order, nearly: None):
    # Broken once: without the look for an earlier alert the second run told staff again when the
    # shelf had changed between the two.
    (line,) = expiring_authorizations.check_expiring_authorizations()
    assert line.startswith(f"order {placed.number}: staff alerted, its authorization expires on ")
    raised = MoneyAlert.objects.get()
    assert raised.text.startswith("The card authorization expires on ")
    assert raised.text.endswith(
        "(68.21 CAD). Everything is in stock. Ship it, which captures the payment."
    )
    put(0, placed.lines.get().stockrecord)
    assert expiring_authorizations.check_expiring_authorizations() == []
    assert (MoneyAlert.objects.count(), OrderNote.objects.count(), letters()) == (1, 1, 1)
    assert state(placed) == ("placed", "authorised")
    assert books(placed) == [("authorise", 6821)]


@pytest.mark.promise("asked-before-early")
def test_what_waits_for_stock_is_raised_and_not_taken(placed: Order, nearly: None):
    put(0, placed.lines.get().stockrecord)
    expiring_authorizations.check_expiring_authorizations()
    assert (
        "It is on backorder. Ask the customer whether the payment" in MoneyAlert.objects.get().text
    )
    assert books(placed) == [("authorise", 6821)]


def agree(order: Order) -> None:
    """As if the answer to the charge at checkout had been lost."""
    Order.objects.filter(pk=order.pk).update(
        early_charge_agreed_at=timezone.now(), early_charge_text="Charge my card in full now."
    )


def test_an_order_whose_customer_agreed_is_charged_once(placed: Order, nearly: None):
    agree(placed)
    assert expiring_authorizations.check_expiring_authorizations() == [
        f"order {placed.number}: payment is captured"
    ]
    assert expiring_authorizations.check_expiring_authorizations() == []
    assert state(placed) == ("placed", "captured")
    assert books(placed) == [("authorise", 6821), ("capture", 6821)]
    assert MoneyAlert.objects.count() == 0


def test_a_held_order_whose_customer_did_not_agree_is_raised(placed: Order, nearly: None):
    Order.objects.update(on_hold=True)
    (line,) = expiring_authorizations.check_expiring_authorizations()
    assert line.startswith(f"order {placed.number}: staff alerted")
    assert state(placed) == ("placed", "authorised")


def test_when_stripe_does_not_answer_the_next_hour_tries_again(
    placed: Order, nearly: None, stripe_double: Double
):
    agree(placed)
    stripe_double.fault(r"/capture$", status=503, times=20)
    (line,) = expiring_authorizations.check_expiring_authorizations()
    assert line.startswith(f"order {placed.number}: staff alerted")
    assert state(placed) == ("placed", "authorised")
    stripe_double.clear_faults()
    check_expiring_authorizations()
    assert state(placed) == ("placed", "captured")


def test_trouble_of_an_unknown_kind_with_one_order_leaves_the_next_one_looked_after(
    placed: Order, nearly: None, order: Any, stripe_double: Double, monkeypatch: pytest.MonkeyPatch
):
    # Broken once: with only our own errors caught, the job ended at the first order.
    second = order()
    pay(order=second, confirmation_token=token(stripe_double))
    PaymentAttempt.objects.filter(order=second).update(authorised_until=timezone.now())
    looked = expiring_authorizations.settle

    def settle(pk: int) -> Order:
        if pk == placed.attempts.get().pk:
            raise ValueError("odd")
        return looked(pk)

    monkeypatch.setattr(expiring_authorizations, "settle", settle)
    first, other = expiring_authorizations.check_expiring_authorizations()
    assert first == f"order {placed.number}: skipped, odd"
    assert other.startswith(f"order {second.number}: staff alerted")


def test_a_reservation_that_stripe_let_go_is_told_as_such(
    placed: Order, nearly: None, stripe_double: Double
):
    stripe_double.expire(stripe_double.intents()[0]["id"])
    assert expiring_authorizations.check_expiring_authorizations() == [
        f"order {placed.number}: payment is cancelled"
    ]
    text = "The payment was released at Stripe, and this order is not paid."
    assert [each.text for each in MoneyAlert.objects.all()] == [text]


def test_what_has_been_taken_is_left_alone(placed: Order, nearly: None, stripe_double: Double):
    PaymentAttempt.objects.update(state="captured", captured_cents=6821)
    assert expiring_authorizations.check_expiring_authorizations() == []


@pytest.mark.parametrize("days", [7, 5])
def test_where_stripe_gave_no_end_the_setting_is_assumed(placed: Order, settings: Any, days: int):
    settings.CARD_AUTHORIZATION_DAYS = days
    PaymentAttempt.objects.update(authorised_until=None)
    made = placed.attempts.get().created_at
    with time_machine.travel(made + timedelta(days=days) - LEAD - MINUTE):
        assert expiring_authorizations.check_expiring_authorizations() == []
    with time_machine.travel(made + timedelta(days=days) - LEAD + MINUTE):
        assert len(expiring_authorizations.check_expiring_authorizations()) == 1


def test_the_end_that_stripe_gave_counts_more_than_the_setting(placed: Order, settings: Any):
    settings.CARD_AUTHORIZATION_DAYS = 3
    until = placed.attempts.get().authorised_until
    assert until is not None
    with time_machine.travel(until - LEAD - MINUTE):
        assert expiring_authorizations.check_expiring_authorizations() == []


def test_beat_looks_every_hour():
    entry = app.conf.beat_schedule["watch-reservations"]
    assert entry["task"] == "checkout.fulfilment.tasks.check_expiring_authorizations"
    assert (entry["schedule"].hour, entry["schedule"].minute) == (set(range(24)), {20})
