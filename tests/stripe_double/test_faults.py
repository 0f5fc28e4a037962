"""Trouble on demand, met by stripe-python with its own retries."""

import threading

import pytest
import stripe

from .control import ControlError

PARAMS = {"amount": 4200, "currency": "cad"}


def hasty(double, retries=0):
    return stripe.StripeClient(
        "sk_test_double",
        base_addresses={"api": double.url},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=0.2),
    )


def test_an_error_before_the_work_leaves_nothing_behind(double):
    double.fault("POST /v1/payment_intents", status=503)
    with pytest.raises(stripe.APIError) as error:
        hasty(double).v1.payment_intents.create(PARAMS)
    assert error.value.http_status == 503
    assert double.intents() == []
    assert hasty(double).v1.payment_intents.create(PARAMS).amount == 4200


def test_an_error_after_the_work_hides_an_intent_that_exists(double):
    double.fault("POST /v1/payment_intents", status=500, when="after")
    with pytest.raises(stripe.APIError):
        hasty(double).v1.payment_intents.create(PARAMS)
    assert len(double.intents()) == 1


def test_a_retry_after_a_lost_answer_finds_the_first_work_under_its_key(client, double):
    double.fault("POST /v1/payment_intents", lost=True, when="after")
    intent = client.v1.payment_intents.create(PARAMS)
    assert [each["id"] for each in double.intents()] == [intent.id]
    assert intent.last_response.headers["Idempotent-Replayed"] == "true"


def test_a_request_lost_before_the_work_is_done_by_the_retry(client, double):
    double.fault("POST /v1/payment_intents", lost=True, when="before")
    intent = client.v1.payment_intents.create(PARAMS)
    assert [each["id"] for each in double.intents()] == [intent.id]
    assert "Idempotent-Replayed" not in intent.last_response.headers


def test_an_answer_lost_more_often_than_retried_is_a_connection_error(client, double):
    double.fault("POST /v1/payment_intents", lost=True, when="after", times=3)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(PARAMS)
    assert len(double.intents()) == 1


def test_a_kept_500_is_replayed_as_stripe_does(double):
    double.fault("POST /v1/payment_intents", status=500, when="after", kept=True)
    key = {"idempotency_key": "k"}
    for _ in range(2):
        with pytest.raises(stripe.APIError) as error:
            hasty(double).v1.payment_intents.create(PARAMS, key)
        assert error.value.http_status == 500
    assert len(double.intents()) == 1


def test_a_hanging_request_times_out_and_its_work_may_still_be_done(double):
    double.fault("POST /v1/payment_intents", stall=True, when="after")
    with pytest.raises(stripe.APIConnectionError):
        hasty(double).v1.payment_intents.create(PARAMS)
    double.wait_for_stalled()
    assert len(double.intents()) == 1
    double.release_stalled()


def test_a_request_that_hangs_during_a_reset_does_no_work_after_it(double):
    double.fault("POST /v1/payment_intents", stall=True, when="before")
    client = stripe.StripeClient("sk_test_double", base_addresses={"api": double.url})
    outcomes: list[str] = []

    def create() -> None:
        try:
            client.v1.payment_intents.create(PARAMS)
        except stripe.APIConnectionError:
            outcomes.append("lost")

    request = threading.Thread(target=create)
    request.start()
    double.wait_for_stalled()
    double.reset()
    request.join(10)
    assert (outcomes, double.intents()) == (["lost"], [])


def test_too_many_requests_get_429(double):
    double.fault("GET /v1/events", status=429)
    with pytest.raises(stripe.RateLimitError) as error:
        hasty(double).v1.events.list()
    assert error.value.error.code == "rate_limit"


def test_lock_timeout_is_429_and_stripe_python_retries_it(client, double, pay):
    held = pay()
    lock = {"status": 429, "code": "lock_timeout"}
    double.fault(f"POST /v1/payment_intents/{held.id}/capture", times=3, **lock)
    with pytest.raises(stripe.RateLimitError) as error:  # three tries
        client.v1.payment_intents.capture(held.id)
    assert (error.value.http_status, error.value.error.code) == (429, "lock_timeout")
    double.fault(f"POST /v1/payment_intents/{held.id}/capture", times=2, **lock)
    assert client.v1.payment_intents.capture(held.id).status == "succeeded"


def test_idempotency_key_in_use_is_409_and_stripe_python_retries_it(client, double):
    double.fault("POST /v1/payment_intents", status=409, times=2)
    assert client.v1.payment_intents.create(PARAMS).amount == 4200
    double.fault("POST /v1/payment_intents", status=409)
    with pytest.raises(stripe.StripeError) as error:
        hasty(double).v1.payment_intents.create(PARAMS)
    assert error.value.error.code == "idempotency_key_in_use"


def test_stripe_may_forbid_the_retry(client, double):
    double.fault("POST /v1/payment_intents", status=500, should_retry=False)
    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.create(PARAMS)
    assert double.intents() == []


def test_a_fault_strikes_only_the_path_it_names_and_only_so_often(client, double):
    double.fault("POST /v1/refunds", status=500, times=9)
    assert client.v1.payment_intents.create(PARAMS).amount == 4200
    double.clear_faults()
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": "pi_nothing"})


@pytest.mark.parametrize("wrong", [{"when": "later"}, {"path": "("}])
def test_a_fault_that_makes_no_sense_is_refused(double, wrong):
    with pytest.raises(ControlError):
        double.fault(**{"path": "/v1", **wrong})
