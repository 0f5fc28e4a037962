"""Authorizations that expire soon alert staff, or are captured early."""

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
from checkout.payment.models import PaymentAlert, PaymentAttempt
from checkout.settlement.services import pay
from microflight.celery import app
from tests.catalog.stock import put
from tests.checkout.conftest import token, transactions
from tests.stripe_double.control import Double

LEAD = timedelta(days=2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def placed(order: Any, product: Any, stripe_double: Double) -> Order:
    """One Butterfly that may be backordered, authorized: 68.21 CAD."""
    made = order(product(stock=1, backorder=True))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


@pytest.fixture
def nearly(placed: Order) -> Iterator[None]:
    """Two days before the authorization expires."""
    until = placed.attempts.get().authorized_until
    assert until is not None
    with time_machine.travel(until - LEAD + MINUTE):
        yield


def state(order: Order) -> tuple[str, str]:
    attempt = PaymentAttempt.objects.get(order=order)
    return Order.objects.get(pk=order.pk).status, attempt.state


def alert_emails() -> int:
    return Message.objects.filter(email_type="payment-alert").count()


def test_authorization_is_ignored_more_than_two_days_before(placed: Order):
    until = placed.attempts.get().authorized_until
    assert until is not None
    with time_machine.travel(until - LEAD - MINUTE):
        assert expiring_authorizations.check_expiring_authorizations() == []
    assert (PaymentAlert.objects.count(), transactions(placed)) == (0, [("authorize", 6821)])


def test_order_in_stock_alerts_staff_once(placed: Order, nearly: None):
    # Mutation: without the check for an earlier alert, the second run alerted staff again when
    # the stock had changed in between.
    (line,) = expiring_authorizations.check_expiring_authorizations()
    assert line.startswith(f"order {placed.number}: staff alerted, its authorization expires on ")
    raised = PaymentAlert.objects.get()
    assert raised.text.startswith("The card authorization expires on ")
    assert raised.text.endswith(
        "(68.21 CAD). Everything is in stock. Ship it, which captures the payment."
    )
    put(0, placed.lines.get().stockrecord)
    assert expiring_authorizations.check_expiring_authorizations() == []
    assert (PaymentAlert.objects.count(), OrderNote.objects.count(), alert_emails()) == (1, 1, 1)
    assert state(placed) == ("placed", "authorized")
    assert transactions(placed) == [("authorize", 6821)]


@pytest.mark.promise("asked-before-early")
def test_backordered_order_alerts_staff_without_capture(placed: Order, nearly: None):
    put(0, placed.lines.get().stockrecord)
    expiring_authorizations.check_expiring_authorizations()
    assert (
        "It is on backorder. Ask the customer whether the payment"
        in PaymentAlert.objects.get().text
    )
    assert transactions(placed) == [("authorize", 6821)]


def agree(order: Order) -> None:
    """As if the response to the early charge had been lost."""
    Order.objects.filter(pk=order.pk).update(
        early_charge_agreed_at=timezone.now(), early_charge_text="Charge my card in full now."
    )


def test_early_charge_is_captured_once(placed: Order, nearly: None):
    agree(placed)
    assert expiring_authorizations.check_expiring_authorizations() == [
        f"order {placed.number}: payment is captured"
    ]
    assert expiring_authorizations.check_expiring_authorizations() == []
    assert state(placed) == ("placed", "captured")
    assert transactions(placed) == [("authorize", 6821), ("capture", 6821)]
    assert PaymentAlert.objects.count() == 0


def test_order_on_hold_without_consent_alerts_staff(placed: Order, nearly: None):
    Order.objects.update(on_hold=True)
    (line,) = expiring_authorizations.check_expiring_authorizations()
    assert line.startswith(f"order {placed.number}: staff alerted")
    assert state(placed) == ("placed", "authorized")


def test_stripe_timeout_is_retried_by_the_next_run(
    placed: Order, nearly: None, stripe_double: Double
):
    agree(placed)
    stripe_double.fault(r"/capture$", status=503, times=20)
    (line,) = expiring_authorizations.check_expiring_authorizations()
    assert line.startswith(f"order {placed.number}: staff alerted")
    assert state(placed) == ("placed", "authorized")
    stripe_double.clear_faults()
    check_expiring_authorizations()
    assert state(placed) == ("placed", "captured")


def test_error_with_one_order_does_not_stop_the_others(
    placed: Order, nearly: None, order: Any, stripe_double: Double, monkeypatch: pytest.MonkeyPatch
):
    # Mutation: with only our own errors caught, the job ended at the first order.
    second = order()
    pay(order=second, confirmation_token=token(stripe_double))
    PaymentAttempt.objects.filter(order=second).update(authorized_until=timezone.now())
    looked = expiring_authorizations.settle

    def settle(pk: int) -> Order:
        if pk == placed.attempts.get().pk:
            raise ValueError("odd")
        return looked(pk)

    monkeypatch.setattr(expiring_authorizations, "settle", settle)
    first, other = expiring_authorizations.check_expiring_authorizations()
    assert first == f"order {placed.number}: skipped, odd"
    assert other.startswith(f"order {second.number}: staff alerted")


def test_authorization_cancelled_at_stripe_is_reported(
    placed: Order, nearly: None, stripe_double: Double
):
    stripe_double.expire(stripe_double.intents()[0]["id"])
    assert expiring_authorizations.check_expiring_authorizations() == [
        f"order {placed.number}: payment is cancelled"
    ]
    text = "The payment was released at Stripe. This order is not paid."
    assert [each.text for each in PaymentAlert.objects.all()] == [text]


def test_captured_payment_is_ignored(placed: Order, nearly: None, stripe_double: Double):
    PaymentAttempt.objects.update(state="captured", captured_cents=6821)
    assert expiring_authorizations.check_expiring_authorizations() == []


@pytest.mark.parametrize("days", [7, 5])
def test_setting_applies_without_date_from_stripe(placed: Order, settings: Any, days: int):
    settings.CARD_AUTHORIZATION_DAYS = days
    PaymentAttempt.objects.update(authorized_until=None)
    made = placed.attempts.get().created_at
    with time_machine.travel(made + timedelta(days=days) - LEAD - MINUTE):
        assert expiring_authorizations.check_expiring_authorizations() == []
    with time_machine.travel(made + timedelta(days=days) - LEAD + MINUTE):
        assert len(expiring_authorizations.check_expiring_authorizations()) == 1


def test_date_from_stripe_overrides_setting(placed: Order, settings: Any):
    settings.CARD_AUTHORIZATION_DAYS = 3
    until = placed.attempts.get().authorized_until
    assert until is not None
    with time_machine.travel(until - LEAD - MINUTE):
        assert expiring_authorizations.check_expiring_authorizations() == []


def test_check_runs_every_hour():
    entry = app.conf.beat_schedule["watch-reservations"]
    assert entry["task"] == "checkout.fulfilment.tasks.check_expiring_authorizations"
    assert (entry["schedule"].hour, entry["schedule"].minute) == (set(range(24)), {20})
