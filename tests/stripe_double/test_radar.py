"""Early fraud warnings and reviews: their events, and what ends them."""

from collections.abc import Iterator

import pytest

from . import disputes, intents, radar, refunds
from .errors import Refusal
from .lists import page
from .routes import perform
from .state import Body, State

SK = "sk_test_double"


@pytest.fixture
def state() -> Iterator[State]:
    """An empty account, locked as each request locks it."""
    state = State()
    with state.lock:
        yield state


@pytest.fixture
def charge(state: State) -> Body:
    """A captured charge of 42.00 CAD."""
    card = {"payment_method": "pm_card_visa", "confirm": "true", "return_url": "https://x.example"}
    intent = intents.create(state, {"amount": "4200", "currency": "cad", **card})
    return state.objects[intent["latest_charge"]]


def happened(state: State) -> list[str]:
    """Types of the Radar events so far, oldest first."""
    types = [event["type"] for event in reversed(state.every("event"))]
    return [kind for kind in types if kind.startswith(("radar.", "review."))]


def test_full_refund_ends_a_warning_and_a_partial_one_does_not(state, charge):
    warning = radar.warn(state, charge, fraud_type="made_with_stolen_card")
    refunds.create_refund(state, {"charge": charge["id"], "amount": "1000"})
    assert (warning["actionable"], warning["fraud_type"]) == (True, "made_with_stolen_card")
    refunds.create_refund(state, {"charge": charge["id"]})
    assert warning["actionable"] is False
    assert happened(state) == [
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
    ]


def test_dispute_ends_the_warning_and_the_review(state, charge):
    radar.warn(state, charge)
    review = radar.open_review(state, charge)
    disputes.open_dispute(state, charge)
    assert (review["open"], review["closed_reason"]) == (False, "disputed")
    assert happened(state) == [
        "radar.early_fraud_warning.created",
        "review.opened",
        "radar.early_fraud_warning.updated",
        "review.closed",
    ]


def test_review_shows_on_charge_and_intent_until_it_is_approved(state, charge):
    review = radar.open_review(state, charge, reason="manual")
    intent = state.objects[charge["payment_intent"]]
    assert charge["review"] == intent["review"] == review["id"]
    assert perform(state, "GET", "/v1/reviews", {}, SK)["data"] == [review]
    perform(state, "POST", f"/v1/reviews/{review['id']}/approve", {}, SK)
    assert (review["open"], review["closed_reason"], review["reason"]) == (
        False,
        "approved",
        "approved",
    )
    assert charge["review"] is None
    assert intent["review"] is None
    assert perform(state, "GET", "/v1/reviews", {}, SK)["data"] == []
    with pytest.raises(Refusal):
        radar.close_review(state, review)
    assert happened(state) == ["review.opened", "review.closed"]


def test_warnings_are_listed_by_payment_intent(state, charge):
    warning = radar.warn(state, charge)
    path = "/v1/radar/early_fraud_warnings"
    found = perform(state, "GET", path, {"payment_intent": charge["payment_intent"]}, SK)
    assert (found["data"], found["url"]) == ([warning], path)
    assert perform(state, "GET", path, {"payment_intent": "pi_other"}, SK)["data"] == []


def test_card_of_an_early_fraud_warning_brings_it_with_the_capture(state):
    given = {"payment_method": "pm_card_createIssuerFraudRecord", "confirm": "true"}
    intent = intents.create(
        state,
        {"amount": "4200", "currency": "cad", "capture_method": "manual", **given}
        | {"return_url": "https://x.example"},
    )
    assert happened(state) == []
    intents.capture(state, intent, {})
    assert happened(state) == ["radar.early_fraud_warning.created"]
    assert [each["actionable"] for each in state.every(radar.WARNING)] == [True]


def test_card_of_elevated_risk_gets_a_review_when_it_is_authorized(state):
    given = {"payment_method": "pm_card_riskLevelElevated", "confirm": "true"}
    intent = intents.create(
        state,
        {"amount": "4200", "currency": "cad", "capture_method": "manual", **given}
        | {"return_url": "https://x.example"},
    )
    assert happened(state) == ["review.opened"]
    assert intent["review"] == state.every("review")[0]["id"]
    assert state.objects[intent["latest_charge"]]["outcome"]["risk_level"] == "elevated"


def test_inquiry_that_becomes_a_dispute_withdraws_the_money(state, charge):
    dispute = disputes.open_dispute(state, charge, inquiry=True)
    disputes.update_dispute(state, dispute, status="needs_response")
    assert (dispute["status"], dispute["is_charge_refundable"]) == ("needs_response", False)
    types = [event["type"] for event in reversed(state.every("event"))]
    assert types[-2:] == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    with pytest.raises(Refusal):
        disputes.update_dispute(state, dispute, status="won")
    assert dispute["status"] == "needs_response"


def test_unknown_reason_is_refused_and_opens_nothing(state, charge):
    with pytest.raises(Refusal):
        radar.warn(state, charge, fraud_type="suspicious")
    with pytest.raises(Refusal):
        radar.open_review(state, charge, reason="approved")
    assert page(state, radar.WARNING, {})["data"] == []
    assert state.every("review") == []
