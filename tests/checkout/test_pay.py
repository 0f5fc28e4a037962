"""Paying: one intent an attempt, one charge at most, and a clear answer whatever Stripe does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from checkout.basket.models import Basket
from checkout.order.errors import CheckoutError
from checkout.order.models import Order, OrderNote
from checkout.order.reservations import release
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAttempt, Transaction
from checkout.settlement.reconcile import expire_orders, reconcile
from checkout.settlement.services import (
    PAYMENT_IN_PROGRESS,
    PAYMENT_UNKNOWN,
    Outcome,
    abandon,
    pay,
    settle,
)
from microflight.celery import app as celery
from tests.checkout.conftest import allocated, token, transactions
from tests.checkout.payments import DECLINED, REQUIRES_3DS, end_payment_window, fresh
from tests.stripe_double.control import Double


@pytest.fixture
def pending(order: Any, product: Any, stripe_double: Double) -> Order:
    """An order over 68.21 CAD that holds one of two airplanes and waits for its payment."""
    return order(product(stock=2))


@pytest.mark.promise("charged-when-it-leaves")
def test_a_good_card_places_the_order_once(pending: Order, stripe_double: Double):
    result = pay(order=pending, confirmation_token=token(stripe_double))
    assert result.outcome is Outcome.PLACED
    placed = fresh(pending)
    assert (placed.status, allocated(placed)) == ("placed", 1)
    assert placed.placed_at is not None
    assert transactions(placed) == [("authorize", 6821)]
    (intent,) = stripe_double.intents()
    assert (intent["status"], intent["amount"], intent["currency"]) == (
        "requires_capture", 6821, "cad",
    )  # fmt: skip
    assert intent["metadata"]["order"] == placed.number
    assert intent["payment_method_types"] == ["card"]
    attempt = placed.attempts.get()
    assert (attempt.state, attempt.intent_id) == ("authorized", intent["id"])
    assert attempt.authorized_until > timezone.now() + timedelta(days=6)
    kinds = Message.objects.order_by("pk").values_list("email_type", "recipient")
    assert list(kinds) == [
        ("order-confirmed", "dana@example.com"), ("order-for-staff", "sales@plantraco.com"),
    ]  # fmt: skip


@pytest.mark.promise("never-twice")
def test_pressing_pay_twice_charges_once(pending: Order, stripe_double: Double):
    card = token(stripe_double)
    first = pay(order=pending, confirmation_token=card)
    again = pay(order=pending, confirmation_token=card)
    other = pay(order=pending, confirmation_token=token(stripe_double))
    assert {first.outcome, again.outcome, other.outcome} == {Outcome.PLACED}
    assert (len(stripe_double.intents()), len(stripe_double.charges())) == (1, 1)
    assert transactions(pending) == [("authorize", 6821)]
    assert Message.objects.filter(email_type="order-confirmed").count() == 1


@pytest.mark.promise("refused-costs-nothing")
def test_a_declined_card_changes_nothing_and_another_card_reuses_the_intent(
    pending: Order, stripe_double: Double
):
    result = pay(order=pending, confirmation_token=token(stripe_double, DECLINED))
    assert result.outcome is Outcome.DECLINED
    assert result.message == (
        "Your card has insufficient funds. "
        "Nothing was charged. Please try again or use another card."
    )
    assert (fresh(pending).status, allocated(pending), transactions(pending)) == ("pending", 1, [])
    assert not Message.objects.exists()
    assert pending.attempts.get().last_error == "Your card has insufficient funds."
    result = pay(order=pending, confirmation_token=token(stripe_double))
    assert result.outcome is Outcome.PLACED
    assert len(stripe_double.intents()) == 1
    assert pending.attempts.get().last_error == ""


def test_a_bank_that_asks_is_answered_by_the_page_and_then_settled(
    pending: Order, stripe_double: Double
):
    result = pay(order=pending, confirmation_token=token(stripe_double, REQUIRES_3DS))
    (intent,) = stripe_double.intents()
    assert (result.outcome, result.client_secret) == (Outcome.ACTION, intent["client_secret"])
    assert settle(pending.attempts.get().pk).status == "pending"
    stripe_double.authenticate(intent["id"])
    assert settle(pending.attempts.get().pk).status == "placed"


def test_a_refused_bank_check_leaves_the_order_waiting(pending: Order, stripe_double: Double):
    pay(order=pending, confirmation_token=token(stripe_double, REQUIRES_3DS))
    stripe_double.authenticate(stripe_double.intents()[0]["id"], accept=False)
    assert settle(pending.attempts.get().pk).status == "pending"
    assert "unable to authenticate" in pending.attempts.get().last_error
    assert allocated(pending) == 1


@pytest.mark.parametrize("lost", [{"lost": True}, {"status": 500}])
def test_a_lost_answer_to_confirm_is_found_by_settling(
    pending: Order, stripe_double: Double, lost: Any
):
    stripe_double.fault(r"POST .*/confirm$", when="after", times=3, **lost)
    result = pay(order=pending, confirmation_token=token(stripe_double))
    assert result.outcome is Outcome.PLACED
    assert len(stripe_double.charges()) == 1


def test_status_that_stripe_has_added_is_not_taken_for_a_refusal(
    pending: Order, stripe_double: Double, monkeypatch: pytest.MonkeyPatch
):
    """Stripe's types say that an intent may have "any other string" as its status one day."""

    def odd(intent_id: str, **given: Any) -> gateway.Intent:
        return replace(found(intent_id), status="requires_patience")

    found = gateway.retrieve_intent
    for name in ("confirm_intent", "retrieve_intent"):
        monkeypatch.setattr(gateway, name, odd)
    result = pay(order=pending, confirmation_token=token(stripe_double))
    assert (result.outcome, result.message) == (Outcome.UNKNOWN, PAYMENT_UNKNOWN)
    assert (fresh(pending).status, allocated(pending)) == ("pending", 1)
    monkeypatch.undo()
    assert abandon(order=pending).status == "cancelled"


def test_second_press_reports_the_payment_in_progress(pending: Order, stripe_double: Double):
    # Mutation: stripe-python has no code on a 409, and the page said that nothing was charged.
    stripe_double.fault(r"POST /v1/payment_intents$", status=409, times=3)
    result = pay(order=pending, confirmation_token=token(stripe_double))
    assert (result.outcome, result.message) == (Outcome.UNKNOWN, PAYMENT_IN_PROGRESS)
    assert pay(order=pending, confirmation_token=token(stripe_double)).outcome is Outcome.PLACED


@pytest.mark.parametrize(("times", "outcome"), [(2, Outcome.PLACED), (3, Outcome.UNKNOWN)])
def test_locked_intent_is_tried_three_times(
    pending: Order, stripe_double: Double, times: int, outcome: Outcome
):
    lock = {"status": 429, "code": "lock_timeout"}
    stripe_double.fault(r"POST .*/confirm$", times=times, **lock)
    card = token(stripe_double)
    assert pay(order=pending, confirmation_token=card).outcome is outcome
    assert len(stripe_double.charges()) == (outcome is Outcome.PLACED)
    assert pay(order=pending, confirmation_token=card).outcome is Outcome.PLACED
    assert len(stripe_double.charges()) == 1


def test_an_order_that_never_reached_stripe_lapses_without_it(
    pending: Order, stripe_double: Double
):
    end_payment_window(pending)
    stripe_double.fault(".*", status=500, times=100)
    expire_orders()
    assert (fresh(pending).status, allocated(pending)) == ("expired", 0)
    result = pay(order=pending, confirmation_token="ctoken_x")
    assert (result.outcome, stripe_double.intents()) == (Outcome.DECLINED, [])
    assert "not paid in time" in result.message


def test_expiry_keeps_everything_while_stripe_does_not_answer(
    pending: Order, stripe_double: Double
):
    pay(order=pending, confirmation_token=token(stripe_double, DECLINED))
    end_payment_window(pending)
    stripe_double.fault(r"/cancel$", status=500, times=3)
    (line,) = expire_orders()
    assert ": failed, " in line
    assert (fresh(pending).status, allocated(pending)) == ("pending", 1)
    assert Basket.objects.get(pk=pending.basket_id).status == "Submitted"


def test_giving_up_brings_the_cart_back(pending: Order, stripe_double: Double):
    pay(order=pending, confirmation_token=token(stripe_double, DECLINED))
    assert abandon(order=pending).status == "cancelled"
    assert allocated(pending) == 0
    assert Basket.objects.get(pk=pending.basket_id).status == "Open"
    assert abandon(order=pending).status == "cancelled"


def test_giving_up_a_paid_order_keeps_it(pending: Order, stripe_double: Double):
    pay(order=pending, confirmation_token=token(stripe_double))
    assert abandon(order=pending).status == "placed"
    assert stripe_double.intents()[0]["status"] == "requires_capture"


def _lapse_with_money_on_the_way(order: Order, double: Double) -> PaymentAttempt:
    """The payment is authorized at Stripe, and the order expired before we knew."""
    double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    pay(order=order, confirmation_token=token(double))
    double.clear_faults()
    lapsed = fresh(order)
    lapsed.move_to(OrderState.EXPIRED)
    release(lapsed, reopen_basket=True)
    return lapsed.attempts.get()


def test_late_money_goes_back_when_the_cart_was_ordered_again(
    pending: Order, stripe_double: Double, order: Any
):
    attempt = _lapse_with_money_on_the_way(pending, stripe_double)
    basket = Basket.objects.get(pk=pending.basket_id)
    from checkout.basket.services import price_basket

    price_basket(basket, None)
    second = order(basket=basket)
    assert settle(attempt.pk).status == "cancelled"
    assert fresh(second).status == "pending"
    assert stripe_double.intents()[0]["status"] == "canceled"


def test_money_for_a_cancelled_order_goes_back(pending: Order, stripe_double: Double):
    attempt = _lapse_with_money_on_the_way(pending, stripe_double)
    Order.objects.filter(pk=pending.pk).update(status="cancelled")
    assert settle(attempt.pk).status == "cancelled"
    assert stripe_double.intents()[0]["status"] == "canceled"
    assert allocated(pending) == 0


def test_a_hold_that_ran_out_is_reported_on_the_order(pending: Order, stripe_double: Double):
    pay(order=pending, confirmation_token=token(stripe_double))
    stripe_double.expire(stripe_double.intents()[0]["id"])
    assert reconcile() == [f"order {pending.number}: placed (Stripe says canceled)"]
    assert "not paid" in OrderNote.objects.get().message
    assert transactions(pending) == [("authorize", 6821), ("void", 6821)]
    assert reconcile() == []


def test_dashboard_changes_are_recorded(pending: Order, stripe_double: Double):
    pay(order=pending, confirmation_token=token(stripe_double))
    intent = stripe_double.intents()[0]["id"]
    stripe_double.capture(intent)
    stripe_double.refund(intent, 1000)
    reconcile()
    assert transactions(pending) == [("authorize", 6821), ("capture", 6821), ("refund", 1000)]
    attempt = pending.attempts.get()
    assert (attempt.captured_cents, attempt.refunded_cents) == (6821, 1000)


def test_an_intent_whose_answer_was_lost_for_good_is_released(
    pending: Order, stripe_double: Double, capsys: Any
):
    gateway.create_intent(cents=6821, currency="CAD", key="lost", order_number="100014")
    orphan = stripe_double.intents()[0]["id"]
    assert reconcile() == []  # its record may be written at this moment
    stripe_double.backdate(orphan, 3600)
    call_command("heal")
    out = capsys.readouterr().out.splitlines()
    assert out == [f"intent {orphan} of order 100014: released, since no order has it",
                   "heal: 1 seen to"]  # fmt: skip
    assert stripe_double.intents()[0]["status"] == "canceled"


def test_another_shop_on_the_same_account_is_left_alone(
    pending: Order, stripe_double: Double, settings: Any
):
    settings.SITE_URL = "https://other.example"
    gateway.create_intent(cents=500, currency="CAD", key="theirs", order_number="7")
    settings.SITE_URL = "http://127.0.0.1:8000"
    stripe_double.backdate(stripe_double.intents()[0]["id"], 3600)
    assert reconcile() == []
    assert stripe_double.intents()[0]["status"] == "requires_payment_method"


def test_a_broker_that_is_down_changes_nothing_for_the_shopper(
    order: Any, product: Any, stripe_double: Double, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
):  # fmt: skip
    monkeypatch.setattr(outbox, "_broker_down_until", 0.0)  # and put back what this test leaves
    monkeypatch.setattr(celery.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery.amqp, "_producer_pool", None)
    with django_capture_on_commit_callbacks(execute=True):
        made = order(product())
        result = pay(order=made, confirmation_token=token(stripe_double))
    assert result.outcome is Outcome.PLACED
    assert Message.objects.filter(email_type="order-confirmed", state="queued").count() == 1
    assert outbox._broker_down_until > 0


def test_paying_needs_few_statements(pending: Order, stripe_double: Double):
    card = token(stripe_double)
    with CaptureQueriesContext(connection) as statements:
        pay(order=pending, confirmation_token=card)
    assert len(statements) <= 22, "\n".join(each["sql"][:110] for each in statements)


def test_an_order_that_a_voucher_paid_for_is_placed_without_stripe(
    pending: Order, stripe_double: Double
):
    pending.attempts.update(amount_cents=0)
    assert pay(order=pending, confirmation_token="").outcome is Outcome.PLACED
    assert stripe_double.intents() == []


def test_database_rejects_refunds_above_the_captured_amount(pending: Order):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        pending.attempts.update(refunded_cents=1)
    assert issubclass(gateway.CardDeclined, gateway.GatewayError)
    assert not issubclass(CheckoutError, gateway.GatewayError)
    assert Transaction.objects.count() == 0
