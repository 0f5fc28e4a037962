"""Stripe hangs: shoppers get an answer in time, visitors get pages, and no payment is lost."""

import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import requests
from django.test import Client

from checkout.order.models import Order
from checkout.payment import stripe_limits
from checkout.payment.models import PaymentAttempt, StripeEvent
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import PAYMENT_BUSY, PAYMENT_UNAVAILABLE, PAYMENT_UNKNOWN
from tests.checkout.factories import make_product
from tests.checkout.failures.scenario import (
    CONFIRM,
    CREATE,
    PENDING,
    PLACED,
    RETRIEVE,
    THANK_YOU,
    during_stripe_request,
    page_text,
    press_pay,
    snapshot,
)
from tests.checkout.shopper import PAY, add_to_cart, checkout_form
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

DEADLINE = 2  # seconds


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.STRIPE_TIMEOUT, settings.STRIPE_DEADLINE = 30, DEADLINE


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what the shop sends to Stripe, each try of a call."""
    found: list[str] = []
    send = requests.Session.send

    def record(self: Any, request: Any, **how: Any) -> Any:
        if "/payment_intents" in request.url:
            found.append(request.path_url.rpartition("/")[2].partition("?")[0])
        return send(self, request, **how)

    monkeypatch.setattr(requests.Session, "send", record)
    return found


def _open_breaker() -> None:
    for _ in range(stripe_limits.BREAKER_TIMEOUTS):
        stripe_limits.breaker.record_timeout()


def _hang(double: Double, pattern: str, **how: Any) -> None:
    double.fault(pattern, stall=True, times=1000, **how)


def _answer_again(double: Double) -> None:
    double.clear_faults()
    stripe_limits.breaker.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_all_calls_of_a_request_share_one_deadline(buyer, form, stripe_double, sent, when):
    # Mutation: `send` used the timeout of the client, and the shopper waited for 30 seconds
    _hang(stripe_double, rf"{CONFIRM}|{RETRIEVE}", when=when)
    start = time.monotonic()
    response = press_pay(buyer, form, stripe_double)
    assert time.monotonic() - start < DEADLINE + 1.5
    assert (response["outcome"], response["message"]) == ("unknown", PAYMENT_UNKNOWN)
    assert sent == ["payment_intents", "confirm"]
    _answer_again(stripe_double)
    stripe_double.wait_for_event("payment_intent.amount_capturable_updated")
    reconcile()
    assert snapshot(stripe_double) == PLACED
    assert f"Order {Order.objects.get().number} is confirmed." in page_text(buyer, THANK_YOU)


def test_quick_errors_are_not_repeated_beyond_the_deadline(
    buyer, form, stripe_double, sent, settings
):
    # Mutation: LONGEST_RETRY_DELAY was 0, and stripe-python made two more tries
    settings.STRIPE_DEADLINE = 1
    stripe_double.fault(CREATE, lost=True, times=3)
    response = press_pay(buyer, form, stripe_double)
    assert (response["outcome"], response["message"]) == ("declined", PAYMENT_UNAVAILABLE)
    assert sent == ["payment_intents"]
    stripe_double.clear_faults()
    assert snapshot(stripe_double) == replace(PENDING, intents=())


def test_circuit_breaker_rejects_calls_at_once_until_stripe_answers(
    buyer, form, guest, stripe_double, sent, monkeypatch
):
    # Mutation: `allows` always returned True, and a fourth shopper was sent to Stripe
    others = [guest() for _ in range(stripe_limits.BREAKER_TIMEOUTS)]
    _hang(stripe_double, CREATE)
    for other in others:
        assert press_pay(other, checkout_form(other), stripe_double)["outcome"] == "declined"
    assert sent == ["payment_intents"] * len(others)
    stripe_double.clear_faults()
    response = press_pay(buyer, form, stripe_double)
    assert (response["outcome"], response["message"]) == ("declined", PAYMENT_UNAVAILABLE)
    assert len(sent) == len(others)
    assert PaymentAttempt.objects.latest("pk").unanswered == 0

    monkeypatch.setattr(stripe_limits.breaker, "_retry_at", 0)  # the pause is over
    _hang(stripe_double, CREATE)
    late = guest()
    press_pay(late, checkout_form(late), stripe_double)  # the one that may try
    stripe_double.clear_faults()
    again = press_pay(buyer, {}, stripe_double, path=response["retry"])
    assert (again["outcome"], len(sent)) == ("declined", len(others) + 1)

    stripe_limits.breaker.close()
    assert press_pay(buyer, {}, stripe_double, path=response["retry"])["outcome"] == "placed"


def test_card_that_was_not_sent_is_not_reported_as_unknown(buyer, form, stripe_double):
    # Mutation: NotSent was handled as GatewayDown, and the attempt stayed unanswered
    stripe_double.fault(CONFIRM, when="before", status=402, code="card_declined")
    retry = press_pay(buyer, form, stripe_double, "pm_card_visa_chargeDeclined")["retry"]
    charges = len(stripe_double.charges())
    _open_breaker()
    response = press_pay(buyer, {}, stripe_double, path=retry)
    assert (response["outcome"], response["message"]) == ("declined", PAYMENT_UNAVAILABLE)
    assert (PaymentAttempt.objects.get().unanswered, len(stripe_double.charges())) == (0, charges)


def test_unknown_payment_stays_unknown_while_the_circuit_breaker_is_open(
    buyer, form, stripe_double
):
    _hang(stripe_double, CONFIRM, when="after")
    retry = press_pay(buyer, form, stripe_double)["retry"]
    _open_breaker()
    again = press_pay(buyer, {}, stripe_double, "pm_card_mastercard", path=retry)
    assert (again["outcome"], again["message"]) == ("unknown", PAYMENT_UNKNOWN)
    assert str(PAYMENT_UNKNOWN) in page_text(buyer, THANK_YOU)
    stripe_double.clear_faults()
    reconcile()  # a job: the circuit breaker does not stop it
    assert snapshot(stripe_double) == PLACED


def test_events_wait_for_the_job_while_the_circuit_breaker_is_open(buyer, form, webhooks):
    webhooks.hold_webhooks()
    _hang(webhooks, RETRIEVE)
    assert press_pay(buyer, form, webhooks)["outcome"] == "unknown"
    webhooks.clear_faults()
    _open_breaker()
    webhooks.release_webhooks()
    webhooks.wait_until_idle()
    assert Order.objects.get().status == "pending"
    assert StripeEvent.objects.filter(settled_at=None).exists()
    assert all(each["status"] == 204 for each in webhooks.deliveries())
    reconcile()
    assert snapshot(webhooks) == PLACED


def test_visitor_is_served_while_all_payment_slots_are_taken(
    buyer, form, guest, stripe_double, settings, postgres_only
):
    settings.STRIPE_SLOTS, settings.STRIPE_DEADLINE = 1, 30
    other = guest()
    other_form = checkout_form(other)

    def meanwhile() -> Any:
        refused = other.post(PAY, other_form | {"confirmation_token": "ctoken_1"})
        return refused.status_code, refused.json(), Client().get("/").status_code

    first, (status, answer, home) = during_stripe_request(
        stripe_double, CREATE, lambda: press_pay(buyer, form, stripe_double), meanwhile
    )
    assert (status, answer, home) == (
        503, {"outcome": "invalid", "message": str(PAYMENT_BUSY)}, 200,
    )  # fmt: skip
    assert first["outcome"] == "placed"
    assert Order.objects.count() == 1  # the other one placed nothing
    assert press_pay(other, other_form, stripe_double)["outcome"] == "placed"


def test_sixteen_shoppers_are_charged_once_each_after_stripe_hangs(
    plane, stripe_double, settings, postgres_only
):
    # Mutation: without `_answered` for NotSent, orders stayed unknown that had sent no card
    settings.STRIPE_SLOTS = 8
    shoppers = []
    for number in range(16):
        browser = Client(REMOTE_ADDR=f"203.0.113.{number}")
        add_to_cart(browser, make_product(f"Plane {number}"))
        shoppers.append((browser, checkout_form(browser)))
    _hang(stripe_double, CONFIRM, when="after")
    pays = [lambda b=b, f=f: press_pay(b, f, stripe_double) for b, f in shoppers]
    first = run_concurrently(*pays)
    assert Counter(answer["outcome"] for answer in first).keys() <= {"unknown", "invalid"}
    _answer_again(stripe_double)
    settings.STRIPE_SLOTS, settings.STRIPE_DEADLINE = 16, 30
    again = run_concurrently(*pays)  # everyone presses Pay again
    assert Counter(answer["outcome"] for answer in again) == {"placed": 16}
    assert Counter(Order.objects.values_list("status", flat=True)) == {"placed": 16}
    paid = Counter(charge["payment_intent"] for charge in stripe_double.charges())
    assert sorted(paid.values()) == [1] * 16
