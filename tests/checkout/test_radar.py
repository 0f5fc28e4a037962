"""Early fraud warnings, reviews and changed disputes alert staff: once, however they come."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAlert, StripeEvent
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay, settle
from tests.checkout.alerts import alert_recipients, notes
from tests.checkout.conftest import token
from tests.checkout.webhooks import deliver, event_of
from tests.stripe_double.control import Double

SECRET = "whsec_of_a_shop_that_is_down"


def warned(warning: str) -> str:
    return (
        f"Early fraud warning from the card's bank ({warning}, made with stolen card). Do not ship "
        "remaining items. Refund this payment in full before it becomes a dispute, unless you "
        "are sure that the cardholder placed the order."
    )


def in_review(review: str) -> str:
    return (
        f"Stripe Radar asks you to review this payment ({review}, rule). Do not ship yet: check it "
        "in Stripe's Dashboard, then approve it there, or cancel this order here."
    )


def alerts(order: Order) -> list[str]:
    """The texts of an order's alerts, the oldest first."""
    return list(
        PaymentAlert.objects.filter(order=order).order_by("pk").values_list("text", flat=True)
    )


@pytest.fixture
def paid(order: Any, stripe_double: Double) -> Order:
    """An order whose payment was captured: 68.21 CAD."""
    made: Order = order()
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.capture(stripe_double.intents()[0]["id"])
    return settle(made.attempts.get().pk)


@pytest.fixture
def intent(stripe_double: Double, paid: Order) -> str:
    """The intent of the paid order."""
    return str(stripe_double.intents()[0]["id"])


def test_early_fraud_warning_alerts_staff_once(
    client: Client, paid: Order, intent: str, stripe_double: Double
):
    warning = stripe_double.open_early_fraud_warning(intent, fraud_type="made_with_stolen_card")
    for _ in range(2):
        body = event_of(stripe_double, "radar.early_fraud_warning.created")
        assert deliver(client, body).status_code == 204
    assert alerts(paid) == [warned(warning["id"])]
    assert notes(paid) == [warned(warning["id"])]
    assert alert_recipients() == settings.STAFF_EMAILS
    assert StripeEvent.objects.get().settled_at is not None


def test_warning_on_a_refunded_payment_needs_no_alert(
    client: Client, paid: Order, intent: str, stripe_double: Double
):
    warning = stripe_double.open_early_fraud_warning(intent)["id"]
    stripe_double.refund(intent)
    for kind in ("created", "updated"):
        deliver(client, event_of(stripe_double, f"radar.early_fraud_warning.{kind}"))
    assert alerts(paid) == []
    assert notes(paid) == [
        f"The early fraud warning {warning} needs no action: the payment is refunded or disputed."
    ]


def test_review_alerts_staff_when_it_opens_and_when_it_closes(
    client: Client, paid: Order, intent: str, stripe_double: Double
):
    review = stripe_double.open_review(intent)["id"]
    deliver(client, event_of(stripe_double, "review.opened"))
    assert alerts(paid) == [in_review(review)]
    stripe_double.close_review(review, reason="approved")
    for _ in range(2):
        deliver(client, event_of(stripe_double, "review.closed"))
    assert alerts(paid) == [
        in_review(review),
        f"Stripe's review of this payment is closed ({review}, approved). The order may ship.",
    ]
    assert alert_recipients() == settings.STAFF_EMAILS * 2


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("acknowledged", "The order may ship."),
        ("refunded", "Do not ship remaining items."),
        ("refunded_as_fraud", "Do not ship remaining items."),
        ("canceled", "Do not ship remaining items."),
        ("payment_never_settled", "Do not ship remaining items."),
    ],
)
def test_closed_review_says_whether_to_ship(
    reason: str, advice: str, client: Client, paid: Order, intent: str, stripe_double: Double
):
    review = stripe_double.open_review(intent)["id"]
    stripe_double.close_review(review, reason=reason)
    for kind in ("opened", "closed"):  # both arrive after the review is over
        deliver(client, event_of(stripe_double, f"review.{kind}"))
    words = reason.replace("_", " ")
    assert alerts(paid) == [
        f"Stripe's review of this payment is closed ({review}, {words}). {advice}"
    ]


def test_review_of_a_held_payment_says_what_to_do(
    client: Client, order: Any, stripe_double: Double
):
    held = order()
    pay(order=held, confirmation_token=token(stripe_double))
    review = stripe_double.open_review(stripe_double.intents()[0]["id"])["id"]
    deliver(client, event_of(stripe_double, "review.opened"))
    assert alerts(held) == [in_review(review)]
    assert Order.objects.get(pk=held.pk).status == "placed"


def test_inquiry_that_becomes_a_dispute_alerts_again(
    client: Client, paid: Order, intent: str, stripe_double: Double
):
    dispute = stripe_double.open_dispute(intent, inquiry=True)["id"]
    deliver(client, event_of(stripe_double, "charge.dispute.created"))
    stripe_double.update_dispute(dispute, status="needs_response")
    for _ in range(2):
        deliver(client, event_of(stripe_double, "charge.dispute.updated"))
    asked, disputed = alerts(paid)
    assert asked.startswith("The cardholder's bank inquires about 68.21 CAD of this payment")
    assert disputed == (
        f"The cardholder disputes this payment ({dispute}): 68.21 CAD, fraudulent. "
        "Respond in Stripe's dashboard before the due date."
    )


@pytest.mark.parametrize("inquiry", [True, False])
@pytest.mark.parametrize("won", [True, False])
def test_dispute_that_is_over_before_its_first_event_arrives_asks_for_no_answer(
    client: Client, paid: Order, intent: str, stripe_double: Double, inquiry: bool, won: bool
):
    dispute = stripe_double.open_dispute(intent, inquiry=inquiry)["id"]
    stripe_double.close_dispute(dispute, won=won)
    for kind in ("closed", "created"):
        deliver(client, event_of(stripe_double, f"charge.dispute.{kind}"))
    (told,) = alerts(paid)
    assert told.endswith(f"({dispute}, 68.21 CAD).")
    assert "Answer" not in told


def test_answered_dispute_is_noted_without_an_alert(
    client: Client, paid: Order, intent: str, stripe_double: Double
):
    dispute = stripe_double.open_dispute(intent)["id"]
    deliver(client, event_of(stripe_double, "charge.dispute.created"))
    stripe_double.update_dispute(dispute, status="under_review")
    deliver(client, event_of(stripe_double, "charge.dispute.updated"))
    assert len(alerts(paid)) == 1
    assert notes(paid)[-1] == f"Dispute {dispute} is now under review."


def test_bank_that_appeals_a_won_dispute_alerts_staff(
    client: Client, paid: Order, intent: str, stripe_double: Double
):
    dispute = stripe_double.open_dispute(intent)["id"]
    stripe_double.update_dispute(dispute, status="appeal_needs_response")
    deliver(client, event_of(stripe_double, "charge.dispute.updated"))
    assert alerts(paid) == [
        f"The cardholder's bank appeals dispute {dispute}: 68.21 CAD, fraudulent. "
        "Respond in Stripe's dashboard before the due date."
    ]


def test_reconcile_finds_warnings_reviews_and_disputes_that_no_webhook_took(
    paid: Order, intent: str, stripe_double: Double
):
    stripe_double.add_webhook("http://127.0.0.1:9/", SECRET)
    warning = stripe_double.open_early_fraud_warning(intent, fraud_type="made_with_stolen_card")
    review = stripe_double.open_review(intent)["id"]
    stripe_double.remove_webhooks()
    for _ in range(2):
        reconcile()
    assert sorted(alerts(paid)) == sorted([warned(warning["id"]), in_review(review)])
    assert StripeEvent.objects.filter(settled_at=None).count() == 0


def test_warning_that_stripe_does_not_show_now_is_alerted_by_reconcile(
    client: Client, paid: Order, intent: str, stripe_double: Double
):
    warning = stripe_double.open_early_fraud_warning(intent, fraud_type="made_with_stolen_card")
    stripe_double.fault(r"GET /v1/radar/early_fraud_warnings/", status=500, times=3)
    body = event_of(stripe_double, "radar.early_fraud_warning.created")
    assert deliver(client, body).status_code == 204
    assert (alerts(paid), StripeEvent.objects.get().settled_at) == ([], None)
    reconcile()
    assert alerts(paid) == [warned(warning["id"])]


def test_more_types_of_events_than_one_request_takes_are_all_read(
    paid: Order, intent: str, stripe_double: Double
):
    stripe_double.open_review(intent)
    many = [f"charge.made_up_{n}" for n in range(30)]
    wanted = ["payment_intent.created", *many, "review.opened"]
    found = gateway.recent_events(timedelta(hours=1), wanted)
    assert [event.type for event in found] == ["payment_intent.created", "review.opened"]
