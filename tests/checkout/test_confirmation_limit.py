"""Stripe ends an intent after a number of confirmations: the order then gets another attempt."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.audit.services import run_audit
from checkout.basket.models import Basket
from checkout.fulfilment.services import cancel_order
from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.payment.models import PaymentAlert, PaymentAttempt, StripeEvent
from checkout.settlement.reconcile import expire_orders, reconcile
from checkout.settlement.services import Outcome, abandon, pay, settle
from checkout.settlement.settle import settle_event
from tests.checkout.conftest import allocated, needs_postgres, token, transactions
from tests.checkout.payments import DECLINED, REQUIRES_3DS, end_payment_window, fresh
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

TRY_AGAIN = "Nothing was charged. Please try again or use another card."


@pytest.fixture
def pending(order: Any, product: Any, stripe_double: Double) -> Order:
    """An order over 68.21 CAD that holds one of two airplanes; its intents take two cards."""
    stripe_double.limit_confirmations(2)
    return order(product(stock=2))


def press(order: Order, double: Double, card: str = "pm_card_visa") -> Any:
    return pay(order=order, confirmation_token=token(double, card))


def reach_limit(order: Order, double: Double) -> None:
    """Both cards that the intent takes are declined, and no webhook has come."""
    for _ in range(2):
        result = press(order, double, DECLINED)
        assert result.outcome is Outcome.DECLINED
        assert result.message == f"Your card has insufficient funds. {TRY_AGAIN}"
    assert double.intents()[-1]["status"] == "canceled"


def attempts(order: Order) -> list[tuple[str, bool]]:
    """State of each attempt, the oldest first, and whether it has an intent."""
    rows = PaymentAttempt.objects.filter(order=order).order_by("pk")
    return [(row.state, row.intent_id is not None) for row in rows]


def is_waiting(order: Order) -> bool:
    cart = Basket.objects.get(pk=order.basket_id).status
    return (fresh(order).status, allocated(order), cart) == ("pending", 1, "Submitted")


def test_order_at_the_limit_gets_another_attempt_and_can_be_paid(
    pending: Order, stripe_double: Double
):
    reach_limit(pending, stripe_double)
    assert is_waiting(pending)
    assert attempts(pending) == [("cancelled", True), ("open", False)]
    first, second = PaymentAttempt.objects.order_by("pk")
    assert (second.amount_cents, second.currency, second.expires_at) == (
        first.amount_cents, first.currency, first.expires_at,
    )  # fmt: skip
    assert (second.last_error, first.uuid != second.uuid) == (
        "Your card has insufficient funds.", True,
    )  # fmt: skip
    assert press(pending, stripe_double).outcome is Outcome.PLACED
    assert attempts(pending) == [("cancelled", True), ("authorized", True)]
    assert [intent["status"] for intent in stripe_double.intents()] == [
        "canceled", "requires_capture",
    ]  # fmt: skip
    assert transactions(pending) == [("authorize", 6821)]
    email_types = list(Message.objects.order_by("pk").values_list("email_type", flat=True))
    assert email_types == ["order-confirmed", "order-for-staff"]
    assert (reconcile(), run_audit().breaches) == ([], [])


def test_late_news_of_the_first_intent_leaves_the_paid_order_alone(
    pending: Order, stripe_double: Double
):
    # Mutation: without is_replaced() staff got the alert that the order is not paid.
    reach_limit(pending, stripe_double)
    press(pending, stripe_double)
    settle(PaymentAttempt.objects.order_by("pk")[0].pk)
    assert (fresh(pending).status, allocated(pending)) == ("placed", 1)
    assert not PaymentAlert.objects.exists()
    assert attempts(pending) == [("cancelled", True), ("authorized", True)]


def test_many_declines_are_one_order_and_at_most_one_open_payment(
    pending: Order, stripe_double: Double
):
    for _ in range(3):
        reach_limit(pending, stripe_double)
    assert is_waiting(pending)
    assert attempts(pending) == [("cancelled", True)] * 3 + [("open", False)]
    assert press(pending, stripe_double).outcome is Outcome.PLACED
    paid = [charge for charge in stripe_double.charges() if charge["paid"]]
    assert [charge["amount"] for charge in paid] == [6821]
    assert run_audit().breaches == []


@pytest.mark.parametrize("way", ["event", "reconcile", "settle"])
def test_limit_that_only_stripe_tells_of_keeps_the_order(
    pending: Order, stripe_double: Double, way: str
):
    """The shopper's bank check fails at the limit, and the browser is never seen again."""
    press(pending, stripe_double, DECLINED)
    press(pending, stripe_double, REQUIRES_3DS)
    stripe_double.authenticate(stripe_double.intents()[0]["id"], accept=False)
    attempt = pending.attempts.get()
    event = StripeEvent(type="payment_intent.canceled", intent_id=attempt.intent_id)
    for _ in range(2):
        if way == "event":
            settle_event(attempt, event)
        elif way == "reconcile":
            reconcile()
        else:
            settle(attempt.pk)
    assert is_waiting(pending)
    assert attempts(pending) == [("cancelled", True), ("open", False)]
    assert "unable to authenticate" in pending.attempts.first().last_error
    assert run_audit().breaches == []


def test_card_beyond_the_limit_is_charged_on_the_new_intent(pending: Order, stripe_double: Double):
    """Two bank checks that were left open used the intent up; the next card needs another one."""
    for _ in range(2):
        assert press(pending, stripe_double, REQUIRES_3DS).outcome is Outcome.ACTION
    assert press(pending, stripe_double).outcome is Outcome.PLACED
    assert [intent["status"] for intent in stripe_double.intents()] == [
        "canceled", "requires_capture",
    ]  # fmt: skip
    assert attempts(pending) == [("cancelled", True), ("authorized", True)]
    assert len(stripe_double.charges()) == 1
    assert run_audit().breaches == []


def test_used_token_at_the_limit_charges_nothing(pending: Order, stripe_double: Double):
    card = token(stripe_double, REQUIRES_3DS)
    pay(order=pending, confirmation_token=card)
    press(pending, stripe_double, DECLINED)
    assert attempts(pending) == [("cancelled", True), ("open", False)]
    result = pay(order=pending, confirmation_token=card)
    assert result.outcome is Outcome.DECLINED
    assert result.message.endswith(TRY_AGAIN)
    assert is_waiting(pending)
    assert not [charge for charge in stripe_double.charges() if charge["paid"]]


def test_lost_answer_at_the_limit_is_settled_and_the_shopper_hears_of_the_end(
    pending: Order, stripe_double: Double
):
    press(pending, stripe_double, DECLINED)
    stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    assert press(pending, stripe_double, DECLINED).outcome is Outcome.UNKNOWN
    stripe_double.clear_faults()
    reconcile()
    assert is_waiting(pending)
    assert attempts(pending) == [("cancelled", True), ("open", False)]
    assert not Message.objects.exists()
    end_payment_window(pending)
    expire_orders()
    assert fresh(pending).status == "expired"
    assert Message.objects.get().email_type == "order-cancelled"  # who was promised word gets it
    assert run_audit().breaches == []


def test_order_with_several_attempts_lapses_once(pending: Order, stripe_double: Double):
    reach_limit(pending, stripe_double)
    end_payment_window(pending)
    assert expire_orders() == [f"order {pending.number}: expired after its payment window"]
    assert expire_orders() == []
    assert (fresh(pending).status, allocated(pending)) == ("expired", 0)
    assert attempts(pending) == [("cancelled", True), ("cancelled", False)]
    assert Basket.objects.get(pk=pending.basket_id).status == "Open"
    assert run_audit().breaches == []


def test_limit_after_the_time_to_pay_ends_the_order(pending: Order, stripe_double: Double):
    press(pending, stripe_double, DECLINED)
    end_payment_window(pending)
    press(pending, stripe_double, DECLINED)
    assert (fresh(pending).status, allocated(pending)) == ("expired", 0)
    assert attempts(pending) == [("cancelled", True)]


@pytest.mark.parametrize("known", [True, False], ids=["settled", "not settled"])
def test_order_at_the_limit_can_be_cancelled(pending: Order, stripe_double: Double, known: bool):
    press(pending, stripe_double, DECLINED)
    press(pending, stripe_double, REQUIRES_3DS)
    intent = stripe_double.authenticate(stripe_double.intents()[0]["id"], accept=False)
    assert intent["status"] == "canceled"
    if known:
        settle(pending.attempts.get().pk)
    assert abandon(order=pending).status == "cancelled"
    assert allocated(pending) == 0
    assert {state for state, _ in attempts(pending)} == {"cancelled"}
    assert run_audit().breaches == []


def test_staff_can_cancel_an_order_at_the_limit(pending: Order, stripe_double: Double):
    reach_limit(pending, stripe_double)
    cancel_order(order=pending, reason="Sold out", by=None)
    assert (fresh(pending).status, allocated(pending)) == ("cancelled", 0)
    assert attempts(pending) == [("cancelled", True), ("cancelled", False)]
    assert run_audit().breaches == []


def test_bank_that_says_no_at_the_limit_ends_the_order(pending: Order, stripe_double: Double):
    """A payment that was processing has no shopper at the checkout any more: as below the limit."""
    press(pending, stripe_double, DECLINED)
    stripe_double.process_next()
    assert press(pending, stripe_double).outcome is Outcome.UNKNOWN
    stripe_double.finish_processing(stripe_double.intents()[0]["id"], succeeded=False)
    settle(pending.attempts.get().pk)
    assert (fresh(pending).status, allocated(pending)) == ("cancelled", 0)
    assert attempts(pending) == [("cancelled", True)]
    assert Message.objects.get().email_type == "order-cancelled"


def test_lost_intent_of_the_second_attempt_is_found_again(pending: Order, stripe_double: Double):
    reach_limit(pending, stripe_double)
    stripe_double.fault(r"POST /v1/payment_intents$", lost=True, when="after", times=3)
    press(pending, stripe_double)
    stripe_double.backdate(stripe_double.intents()[-1]["id"], 3600)
    assert reconcile() == []
    assert press(pending, stripe_double).outcome is Outcome.PLACED
    assert len(stripe_double.intents()) == 2


def test_browser_that_returns_for_the_first_intent_can_pay_the_second(
    pending: Order, stripe_double: Double
):
    reach_limit(pending, stripe_double)
    first = PaymentAttempt.objects.order_by("pk").first()
    client = Client()
    client.get(f"/checkout/thank-you/?payment_intent={first.intent_id}")
    path = f"/checkout/retry/{pending.number}/{status_token(pending)}/"
    assert 'data-cents="6821"' in client.get(path).content.decode()
    answer = client.post(path, {"confirmation_token": token(stripe_double)}).json()
    assert answer["outcome"] == "placed"


def test_database_rejects_a_second_payment_that_can_be_charged(pending: Order):
    live = pending.attempts.get()
    for state in ("open", "processing", "authorized", "captured"):
        PaymentAttempt.objects.filter(pk=live.pk).update(state=state)
        with pytest.raises(IntegrityError), transaction.atomic():
            pending.attempts.create(amount_cents=6821, expires_at=live.expires_at)
    assert pending.attempts.count() == 1


def test_audit_finds_money_that_an_older_attempt_keeps(pending: Order, stripe_double: Double):
    reach_limit(pending, stripe_double)
    abandon(order=pending)
    PaymentAttempt.objects.filter(order=pending, intent_id__isnull=False).update(
        captured_cents=6821, refunded_cents=1
    )
    run = run_audit(only=["unplaced-payments"])
    assert [breach["problem"] for breach in run.breaches] == [
        "It is cancelled, but 68.20 CAD is not refunded."
    ]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two tabs, on real connections."""

    @pytest.fixture(autouse=True)
    def _engine(self, db: None) -> None:
        needs_postgres()

    def test_tabs_that_reach_the_limit_together_open_one_attempt(
        self, pending: Order, stripe_double: Double
    ):
        press(pending, stripe_double, DECLINED)
        cards = [token(stripe_double, DECLINED) for _ in range(4)]
        results = run_concurrently(
            *(lambda c=card: pay(order=pending, confirmation_token=c) for card in cards)
        )
        # one that meets another card on its way does not see "nothing was charged"
        assert {result.outcome for result in results} <= {Outcome.DECLINED, Outcome.UNKNOWN}
        assert is_waiting(pending)
        states = [state for state, _ in attempts(pending)]
        assert states.count("open") == 1
        assert set(states[:-1]) == {"cancelled"}
        assert run_audit().breaches == []

    @pytest.mark.parametrize("tabs", [2, 6])
    def test_tabs_that_pay_beyond_the_limit_are_one_charge(
        self, pending: Order, stripe_double: Double, settings: Any, tabs: int
    ):
        settings.STRIPE_TIMEOUT = 30
        for _ in range(2):
            press(pending, stripe_double, REQUIRES_3DS)
        cards = [token(stripe_double) for _ in range(tabs)]
        results = run_concurrently(
            *(lambda c=card: pay(order=pending, confirmation_token=c) for card in cards)
        )
        assert Outcome.PLACED in {result.outcome for result in results}
        assert {result.outcome for result in results} <= {Outcome.PLACED, Outcome.UNKNOWN}
        assert attempts(pending) == [("cancelled", True), ("authorized", True)]
        paid = [charge for charge in stripe_double.charges() if charge["paid"]]
        assert len(paid) == 1
        assert StockRecord.objects.get().num_allocated == 1
        assert run_audit().breaches == []
