"""Refunds and disputes."""

import pytest
import stripe

from .control import ControlError


@pytest.fixture
def taken(pay):
    """42.00 CAD that were captured."""
    return pay(capture_method="automatic")


def test_refunds_in_parts_add_up_and_never_exceed_what_was_taken(client, double, taken):
    refund = client.v1.refunds.create({"payment_intent": taken.id, "amount": 1200})
    assert (refund.status, refund.amount, refund.currency) == ("succeeded", 1200, "cad")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": taken.id, "amount": 3001})
    assert refusal.value.param == "amount"
    assert double.charges()[0]["amount_refunded"] == 1200
    client.v1.refunds.create({"payment_intent": taken.id, "amount": 3000})
    charge = double.charges()[0]
    assert (charge["amount_refunded"], charge["refunded"]) == (4200, True)


def test_a_refund_without_an_amount_gives_back_all_that_is_left(client, taken):
    client.v1.refunds.create({"payment_intent": taken.id, "amount": 1200})
    assert client.v1.refunds.create({"charge": taken.latest_charge}).amount == 3000
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": taken.id})
    assert refusal.value.code == "charge_already_refunded"


@pytest.mark.parametrize(("before_basil", "released"), [(False, 0), (True, 200)])
def test_refunds_of_a_partial_capture_never_exceed_what_was_captured(
    client, double, pay, before_basil, released
):
    double.before_basil(before_basil)
    held = pay()
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 4000})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": held.id, "amount": 4001})
    assert refusal.value.param == "amount"
    assert double.charges()[0]["amount_refunded"] == released
    client.v1.refunds.create({"payment_intent": held.id, "amount": 200})  # as much as the rest
    assert client.v1.refunds.create({"payment_intent": held.id}).amount == 3800
    charge = double.charges()[0]
    assert (charge["amount_refunded"], charge["refunded"]) == (4000 + released, True)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": held.id, "amount": 1})
    assert refusal.value.code == "charge_already_refunded"


def test_a_hold_cannot_be_refunded_and_stays(client, pay):
    held = pay()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": held.id})
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(held.id).status == "requires_capture"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_of_nothing_is_refused(client, double, taken, amount):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": taken.id, "amount": amount})
    assert double.refunds() == []


def test_a_refund_may_stay_pending_and_then_arrive(client, double, pay):
    taken = pay("pm_card_pendingRefund", capture_method="automatic")
    refund = client.v1.refunds.create({"payment_intent": taken.id})
    assert refund.status == "pending"
    assert double.finish_refund(refund.id, succeeded=True)["status"] == "succeeded"
    types = [event["type"] for event in double.events()[-2:]]
    assert types == ["refund.updated", "charge.refund.updated"]


def test_a_refund_that_fails_later_can_be_made_again(client, double, taken):
    refund = client.v1.refunds.create({"payment_intent": taken.id})
    double.finish_refund(refund.id, succeeded=False)
    failed = client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert double.charges()[0]["amount_refunded"] == 0
    assert double.events()[-1]["type"] == "refund.failed"
    assert client.v1.refunds.create({"payment_intent": taken.id}).amount == 4200


def test_refunds_to_some_cards_fail_after_they_seemed_to_succeed(client, double, pay):
    taken = pay("pm_card_refundFail", capture_method="automatic")
    refund = client.v1.refunds.create({"payment_intent": taken.id})
    assert refund.status == "succeeded"
    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert double.charges()[0]["amount_refunded"] == 0


def test_a_dispute_withdraws_the_money_and_bars_a_refund(client, double, taken):
    dispute = double.open_dispute(taken.id, reason="product_not_received")
    assert (dispute["status"], dispute["amount"], dispute["reason"]) == (
        "needs_response",
        4200,
        "product_not_received",
    )
    assert [event["type"] for event in double.events()[-2:]] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": taken.id})
    assert refusal.value.code == "charge_disputed"
    assert double.refunds() == []
    assert double.charges()[0]["disputed"] is True


def test_a_charge_is_disputed_once_and_a_hold_not_at_all(double, pay, taken):
    double.open_dispute(taken.id)
    with pytest.raises(ControlError):
        double.open_dispute(taken.id)
    with pytest.raises(ControlError):
        double.open_dispute(pay().id)
    assert len(double.disputes()) == 1


@pytest.mark.parametrize(
    ("won", "status", "last"),
    [
        (True, "won", "charge.dispute.funds_reinstated"),
        (False, "lost", "charge.dispute.closed"),
    ],
)
def test_a_dispute_is_won_or_lost(client, double, taken, won, status, last):
    dispute = double.open_dispute(taken.id)
    double.close_dispute(dispute["id"], won=won)
    assert client.v1.disputes.retrieve(dispute["id"]).status == status
    assert double.events()[-1]["type"] == last


def test_some_cards_are_disputed_as_soon_as_the_money_is_taken(client, double, pay):
    held = pay("pm_card_createDispute")
    assert double.disputes() == []
    client.v1.payment_intents.capture(held.id)
    assert [dispute["reason"] for dispute in double.disputes()] == ["fraudulent"]
    pay("pm_card_createDisputeInquiry", capture_method="automatic")
    assert double.disputes()[1]["status"] == "warning_needs_response"
