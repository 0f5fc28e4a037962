"""Idempotency keys: the same response again, without doing the work twice."""

import threading

import pytest
import stripe

PARAMS = {"amount": 4200, "currency": "cad"}
KEY = {"idempotency_key": "attempt-1"}


def test_the_same_key_gives_the_same_answer_and_no_second_intent(client, double):
    first = client.v1.payment_intents.create(PARAMS, KEY)
    double.alter_amount(first.id, 9900)
    again = client.v1.payment_intents.create(PARAMS, KEY)
    assert (again.id, again.amount) == (first.id, 4200)
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(double.intents()) == 1


def test_the_same_key_with_other_parameters_is_refused(client, double):
    client.v1.payment_intents.create(PARAMS, KEY)
    with pytest.raises(stripe.IdempotencyError) as refusal:
        client.v1.payment_intents.create({**PARAMS, "amount": 4300}, KEY)
    assert refusal.value.http_status == 400
    assert [intent["amount"] for intent in double.intents()] == [4200]


def test_the_same_key_on_another_path_is_refused(client):
    intent = client.v1.payment_intents.create(PARAMS, KEY)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.cancel(intent.id, {}, KEY)


def test_a_decline_is_kept_under_its_key_and_charged_once(client, double):
    params = {**PARAMS, "confirm": True, "payment_method": "pm_card_visa_chargeDeclined"}
    params["allowed_payment_method_types"] = ["card"]
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            client.v1.payment_intents.create(params, KEY)
        assert refusal.value.code == "card_declined"
    assert len(double.charges()) == 1


def test_a_refusal_by_state_is_kept_under_its_key(client, pay):
    held = pay()
    client.v1.payment_intents.cancel(held.id)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_intents.capture(held.id, {}, KEY)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.capture(held.id, {"amount_to_capture": 1}, KEY)


def test_a_malformed_request_does_not_spend_its_key(client):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 1, "currency": "cad"}, KEY)
    assert client.v1.payment_intents.create(PARAMS, KEY).amount == 4200


def test_a_second_request_while_the_first_is_at_work_gets_409(double):
    client = stripe.StripeClient("sk_test_double", base_addresses={"api": double.url})
    double.fault("POST /v1/payment_intents", stall=True)
    answers: list[stripe.PaymentIntent] = []
    first = threading.Thread(
        target=lambda: answers.append(client.v1.payment_intents.create(PARAMS, KEY))
    )
    first.start()
    double.wait_for_stalled()
    with pytest.raises(stripe.APIError) as refusal:
        client.v1.payment_intents.create(PARAMS, KEY)
    assert (refusal.value.http_status, refusal.value.error.code) == (409, "idempotency_key_in_use")
    assert double.intents() == []
    double.release_stalled()
    first.join(10)
    assert answers[0].id == double.intents()[0]["id"]
    assert client.v1.payment_intents.create(PARAMS, KEY).id == answers[0].id


def test_twenty_requests_at_once_with_one_key_make_one_intent(client, double):
    ids: list[str] = []

    def create() -> None:
        ids.append(client.v1.payment_intents.create(PARAMS, KEY).id)

    threads = [threading.Thread(target=create) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(ids) == 20
    assert set(ids) == {intent["id"] for intent in double.intents()}
    assert len(double.intents()) == 1


def test_two_captures_at_once_under_different_keys_take_the_money_once(client, double, pay):
    held = pay()
    outcomes: list[str] = []

    def capture(key: str) -> None:
        try:
            client.v1.payment_intents.capture(held.id, {}, {"idempotency_key": key})
            outcomes.append("captured")
        except stripe.InvalidRequestError:
            outcomes.append("refused")

    threads = [threading.Thread(target=capture, args=(f"key-{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(outcomes) == ["captured", "refused"]
    assert len(double.events("charge.captured")) == 1
