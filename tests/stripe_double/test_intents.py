"""Payments through stripe-python: from creation to capture or cancellation."""

import time

import pytest
import stripe
import time_machine

from .cards import CARDS

WEEK = 7 * 86_400  # seconds


def test_a_new_intent_waits_for_a_card_and_has_taken_nothing(client):
    intent = client.v1.payment_intents.create({"amount": 4200, "currency": "cad"})
    assert (intent.status, intent.amount, intent.currency) == (
        "requires_payment_method",
        4200,
        "cad",
    )
    assert (intent.amount_capturable, intent.amount_received) == (0, 0)
    assert intent.client_secret.startswith(f"{intent.id}_secret_")


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "cad"}, "parameter_missing", "amount"),
        ({"amount": 4200}, "parameter_missing", "currency"),
        ({"amount": 49, "currency": "cad"}, "amount_too_small", "amount"),
        ({"amount": -1, "currency": "cad"}, "amount_too_small", "amount"),
        ({"amount": "12.50", "currency": "cad"}, "parameter_invalid_integer", "amount"),
        ({"amount": 100_000_000, "currency": "cad"}, "amount_too_large", "amount"),
        ({"amount": 4200, "currency": "cad", "colour": "red"}, "parameter_unknown", "colour"),
    ],
)
def test_a_malformed_intent_is_refused_and_not_made(client, double, params, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(params)
    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert double.intents() == []


def test_fifty_cents_are_enough(client):
    intent = client.v1.payment_intents.create({"amount": 50, "currency": "cad"})
    assert intent.amount == 50


def test_a_manual_capture_holds_the_money_for_seven_days(pay):
    before = int(time.time())
    intent = pay(expand=["latest_charge"])
    charge = intent.latest_charge
    assert (intent.status, intent.amount_capturable, intent.amount_received) == (
        "requires_capture",
        4200,
        0,
    )
    assert (charge.paid, charge.captured, charge.amount_captured) == (True, False, 0)
    capture_before = charge.payment_method_details.card.capture_before
    assert before + WEEK <= capture_before <= int(time.time()) + WEEK
    assert not hasattr(charge, "capture_before")


def test_an_automatic_capture_takes_the_money_at_once(pay):
    intent = pay(capture_method="automatic", expand=["latest_charge"])
    assert (intent.status, intent.amount_capturable, intent.amount_received) == (
        "succeeded",
        0,
        4200,
    )
    assert intent.latest_charge.amount_captured == 4200
    assert not hasattr(intent.latest_charge.payment_method_details.card, "capture_before")


def test_a_full_capture_takes_the_whole_hold(client, pay):
    intent = client.v1.payment_intents.capture(pay().id)
    assert (intent.status, intent.amount_received, intent.amount_capturable) == (
        "succeeded",
        4200,
        0,
    )


CAPTURED = ["charge.captured", "payment_intent.succeeded"]


def capture_4000(client, intent_id):
    """Capture 40.00 of the 42.00 CAD that are held; return the charge with what hangs on it."""
    expand = ["latest_charge.refunds", "latest_charge.balance_transaction"]
    intent = client.v1.payment_intents.capture(
        intent_id, {"amount_to_capture": 4000, "expand": expand}
    )
    assert (intent.amount, intent.amount_received, intent.amount_capturable) == (4200, 4000, 0)
    return intent.latest_charge


def test_partial_capture_releases_the_rest_without_a_refund(client, double, pay):
    charge = capture_4000(client, pay().id)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (4000, 0, False)
    assert (charge.refunds.data, charge.balance_transaction.amount) == ([], 4000)
    assert [event["type"] for event in double.events()[-2:]] == CAPTURED
    assert double.events("charge.refunded") == []


def test_partial_capture_before_basil_is_a_refund_of_the_rest(client, double, pay):
    double.before_basil()
    charge = capture_4000(client, pay().id)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (4000, 200, False)
    assert [refund.amount for refund in charge.refunds.data] == [200]
    assert charge.balance_transaction.amount == 4200
    assert [event["type"] for event in double.events()[-3:]] == ["charge.refunded", *CAPTURED]


@pytest.mark.parametrize(("amount", "code"), [(4201, "amount_too_large"), (0, None), (-5, None)])
def test_a_capture_of_more_than_the_hold_or_of_nothing_is_refused(client, pay, amount, code):
    held = pay()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.capture(held.id, {"amount_to_capture": amount})
    assert (refusal.value.code, refusal.value.param) == (code, "amount_to_capture")
    assert client.v1.payment_intents.retrieve(held.id).amount_capturable == 4200


@pytest.mark.parametrize("act", ["capture", "cancel", "confirm"])
def test_what_was_captured_cannot_be_captured_cancelled_or_confirmed(client, pay, act):
    taken = pay(capture_method="automatic")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        getattr(client.v1.payment_intents, act)(taken.id)
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert refusal.value.error.payment_intent.status == "succeeded"
    assert client.v1.payment_intents.retrieve(taken.id).amount_received == 4200


def test_cancelling_releases_a_hold_without_a_refund_and_works_once(client, double, pay):
    held = pay()
    intent = client.v1.payment_intents.cancel(
        held.id, {"cancellation_reason": "abandoned", "expand": ["latest_charge"]}
    )
    assert (intent.status, intent.amount_capturable, intent.cancellation_reason) == (
        "canceled",
        0,
        "abandoned",
    )
    charge = intent.latest_charge
    assert (charge.captured, charge.amount_captured, charge.amount_refunded, charge.refunded) == (
        False,
        0,
        0,
        False,
    )
    assert (double.refunds(), double.events("charge.refunded")) == ([], [])
    with pytest.raises(stripe.InvalidRequestError, match="canceled"):
        client.v1.payment_intents.cancel(held.id)
    with pytest.raises(stripe.InvalidRequestError, match="canceled"):
        client.v1.payment_intents.capture(held.id)


def test_cancelling_before_basil_is_a_refund_of_the_hold(client, double, pay):
    double.before_basil()
    intent = client.v1.payment_intents.cancel(pay().id, {"expand": ["latest_charge"]})
    assert (intent.latest_charge.captured, intent.latest_charge.refunded) == (False, True)
    assert [refund["amount"] for refund in double.refunds()] == [4200]
    assert len(double.events("charge.refunded")) == 1


@pytest.mark.parametrize(("before_basil", "reason"), [(False, "canceled"), (True, "refunded")])
@pytest.mark.parametrize("way", ["cancel", "expire"])
def test_review_of_a_released_hold_is_closed(double, pay, way, before_basil, reason):
    double.before_basil(before_basil)
    held = pay()
    double.open_review(held.id)
    getattr(double, way)(held.id)
    [closed] = double.events("review.closed")
    assert closed["data"]["object"]["closed_reason"] == reason
    assert double.charges()[0]["review"] is None


EXPIRED = ["charge.expired", "payment_intent.canceled"]


@pytest.mark.parametrize(
    ("before_basil", "reason", "refunds"),
    [(False, "expired", []), (True, "automatic", ["expired_uncaptured_charge"])],
)
def test_expired_hold_is_cancelled_by_stripe(double, pay, before_basil, reason, refunds):
    double.before_basil(before_basil)
    intent = double.expire(pay().id)
    assert (intent["status"], intent["cancellation_reason"]) == ("canceled", reason)
    assert [refund["reason"] for refund in double.refunds()] == refunds
    assert [event["type"] for event in double.events()[-2:]] == EXPIRED


def test_authorization_not_captured_in_seven_days_expires(client, double, pay):
    held = pay()
    too_late = time_machine.travel(time.time() + WEEK + 1)
    with too_late, pytest.raises(stripe.InvalidRequestError, match="canceled"):
        client.v1.payment_intents.capture(held.id)
    assert client.v1.payment_intents.retrieve(held.id).cancellation_reason == "expired"
    assert double.charges()[0]["amount_captured"] == 0


def test_payment_at_the_bank_cannot_be_cancelled(client, double, pay):
    double.process_next()
    waiting = pay()
    assert waiting.status == "processing"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.cancel(waiting.id)
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(waiting.id).status == "processing"


@pytest.mark.parametrize("card", ["pm_card_visa_chargeDeclined", "pm_card_authenticationRequired"])
def test_payment_that_fails_at_the_confirmation_limit_ends_the_intent(client, double, pay, card):
    double.limit_confirmations(2)
    with pytest.raises(stripe.CardError):
        pay("pm_card_visa_chargeDeclined")
    intent_id = double.intents()[0]["id"]
    if card.endswith("Declined"):
        with pytest.raises(stripe.CardError) as refusal:
            client.v1.payment_intents.confirm(intent_id, {"payment_method": card})
        assert refusal.value.error.payment_intent.status == "canceled"
    else:
        client.v1.payment_intents.confirm(intent_id, {"payment_method": card})
        double.authenticate(intent_id, accept=False)
    [intent] = double.intents()
    assert (intent["status"], intent["cancellation_reason"]) == ("canceled", "automatic")
    assert [event["type"] for event in double.events()[-2:]] == [
        "payment_intent.payment_failed",
        "payment_intent.canceled",
    ]


def test_any_call_beyond_the_confirmation_limit_cancels_the_intent(client, double, pay):
    double.limit_confirmations(1)
    waiting = pay("pm_card_authenticationRequired")
    token = client.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(waiting.id, {"confirmation_token": token.id})
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert refusal.value.error.payment_intent.status == "canceled"
    assert client.v1.confirmation_tokens.retrieve(token.id).payment_intent is None
    assert double.charges() == []


def test_last_confirmation_that_stripe_allows_may_succeed(client, double, pay):
    double.limit_confirmations(2)
    with pytest.raises(stripe.CardError):
        pay("pm_card_visa_chargeDeclined")
    intent_id = double.intents()[0]["id"]
    paid = client.v1.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"})
    assert paid.status == "requires_capture"


DECLINES = {
    card.number: (card.decline.code, card.decline.decline_code)
    for card in CARDS
    if card.decline and not card.challenge
}


@pytest.mark.parametrize("number", DECLINES)
def test_a_card_that_declines_says_why_and_holds_nothing(client, double, pay, number):
    card = {"number": number, "exp_month": 12, "exp_year": 2039, "cvc": "123"}
    method = client.v1.payment_methods.create({"type": "card", "card": card})
    with pytest.raises(stripe.CardError) as refusal:
        pay(method.id)
    error = refusal.value.error
    assert (error.code, error.decline_code) == DECLINES[number]
    assert refusal.value.user_message.startswith(("Your card", "An error"))
    [intent] = double.intents()
    assert error.payment_intent.id == intent["id"]
    assert (intent["status"], intent["amount_capturable"]) == ("requires_payment_method", 0)
    assert intent["payment_method"] is None
    assert intent["last_payment_error"]["decline_code"] == DECLINES[number][1]
    assert double.charges()[0]["status"] == "failed"


def test_the_usual_declines_are_all_there():
    assert {number[-4:] for number in DECLINES} >= {
        "0002",
        "9995",
        "9987",
        "9979",
        "0069",
        "0127",
        "0119",
    }


def test_another_card_reconfirms_the_same_intent(client, double, pay):
    with pytest.raises(stripe.CardError):
        pay("pm_card_visa_chargeDeclined")
    intent_id = double.intents()[0]["id"]
    intent = client.v1.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"})
    assert (intent.status, intent.last_payment_error) == ("requires_capture", None)
    assert [charge["status"] for charge in double.charges()] == ["failed", "succeeded"]


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"exp_month": 13}, "invalid_expiry_month"),
        ({"exp_year": 2019}, "invalid_expiry_year"),
        ({"cvc": "12"}, "invalid_cvc"),
    ],
)
def test_a_card_that_cannot_exist_is_refused_and_not_kept(client, double, card, code):
    details = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2039, "cvc": "123"}
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.payment_methods.create({"type": "card", "card": {**details, **card}})
    assert refusal.value.code == code
    assert double.every("payment_method") == []


def test_a_challenged_card_is_charged_only_after_the_bank_said_yes(double, pay):
    intent = pay("pm_card_threeDSecure2Required")
    assert (intent.status, intent.next_action.type) == ("requires_action", "use_stripe_sdk")
    assert double.charges() == []
    settled = double.authenticate(intent.id)
    assert (settled["status"], settled["amount_capturable"]) == ("requires_capture", 4200)
    details = double.charges()[0]["payment_method_details"]["card"]
    assert details["three_d_secure"]["result"] == "authenticated"


def test_a_refused_challenge_leaves_the_intent_without_a_charge(double, pay):
    settled = double.authenticate(pay("pm_card_authenticationRequired").id, accept=False)
    assert settled["status"] == "requires_payment_method"
    assert settled["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert double.charges() == []


def test_a_card_may_pass_the_challenge_and_still_be_declined(double, pay):
    intent = pay("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    settled = double.authenticate(intent.id)
    assert settled["status"] == "requires_payment_method"
    assert settled["last_payment_error"]["decline_code"] == "insufficient_funds"


def test_a_shop_may_insist_on_the_challenge(pay):
    options = {"card": {"request_three_d_secure": "challenge"}}
    assert pay(payment_method_options=options).status == "requires_action"


def test_a_payment_off_session_cannot_be_challenged(double, pay):
    with pytest.raises(stripe.CardError) as refusal:
        pay("pm_card_threeDSecure2Required", off_session=True)
    assert refusal.value.code == "authentication_required"
    assert double.charges() == []


def test_an_amount_may_change_until_the_card_is_charged(client, pay):
    intent = client.v1.payment_intents.create({"amount": 4200, "currency": "cad"})
    assert client.v1.payment_intents.update(intent.id, {"amount": 5000}).amount == 5000
    held = pay()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.update(held.id, {"amount": 5000})
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(held.id).amount == 4200


def test_metadata_is_added_to_and_removed_from_at_any_time(client, pay):
    held = pay(metadata={"order": "100001", "cart": "7"})
    intent = client.v1.payment_intents.update(held.id, {"metadata": {"parcel": "1", "cart": ""}})
    assert intent.metadata.to_dict() == {"order": "100001", "parcel": "1"}


@pytest.mark.parametrize(
    ("metadata", "param"),
    [
        ({f"key{n}": "x" for n in range(51)}, "metadata"),
        ({"k" * 41: "x"}, f"metadata[{'k' * 41}]"),
        ({"note": "x" * 501}, "metadata[note]"),
    ],
)
def test_metadata_beyond_stripes_limits_is_rejected(client, double, pay, metadata, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(metadata=metadata)
    assert (refusal.value.param, double.intents()) == (param, [])
    taken = pay(capture_method="automatic")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": taken.id, "metadata": metadata})
    assert double.refunds() == []


def test_metadata_at_stripes_limits_is_kept(client, pay):
    full = {f"{n:02}".ljust(40, "k"): "x" * 500 for n in range(50)}
    held = pay(metadata=full)
    assert held.metadata.to_dict() == full
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.update(held.id, {"metadata": {"one": "more"}})
    assert client.v1.payment_intents.retrieve(held.id).metadata.to_dict() == full


def test_a_return_url_is_demanded_where_redirects_are_not_ruled_out(client):
    params = {"amount": 4200, "currency": "cad"}
    intent = client.v1.payment_intents.create(params)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert refusal.value.param == "return_url"
    params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}
    intent = client.v1.payment_intents.create(params)
    confirmed = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert confirmed.status == "succeeded"


def test_an_unknown_intent_is_404(client):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.retrieve("pi_nothing")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")
