"""Webhooks as a shop gets them: signed, again, late, out of order, or not at all."""

import pytest
import stripe

from .receiver import SECRET

PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"]


def test_each_event_arrives_once_signed_and_in_order(double, receiver, pay):
    pay()
    double.wait_until_idle()
    assert receiver.kinds() == PAID
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(*receiver.received[0], "whsec_other")


def test_an_event_shows_its_object_as_it_was_then_and_what_caused_it(double, client, receiver):
    intent = client.v1.payment_intents.create(
        {"amount": 4200, "currency": "cad"}, {"idempotency_key": "attempt-1"}
    )
    client.v1.payment_intents.cancel(intent.id)
    double.wait_until_idle()
    [created, cancelled] = receiver.events()
    assert created.data.object.status == "requires_payment_method"
    assert cancelled.data.object.status == "canceled"
    kept = [event["data"]["object"]["status"] for event in double.events()]
    assert kept == ["requires_payment_method", "canceled"]
    assert created.request.idempotency_key == "attempt-1"
    assert created.request.id == intent.last_response.request_id
    assert created.api_version == stripe.api_version


def test_acts_at_stripe_itself_have_no_request(double, receiver, pay):
    double.capture(pay().id, 4000)
    double.wait_until_idle()
    captured = receiver.events()[-1]
    assert (captured.type, captured.request.id) == ("payment_intent.succeeded", None)
    assert captured.data.object.amount_received == 4000


def test_a_refused_delivery_is_tried_again(double, receiver, client):
    receiver.answers = [500, 503]
    client.v1.payment_intents.create({"amount": 4200, "currency": "cad"})
    double.wait_until_idle()
    assert receiver.kinds() == ["payment_intent.created"] * 3
    assert len({event.id for event in receiver.events()}) == 1
    log = [(line["attempt"], line["status"], line["outcome"]) for line in double.deliveries()]
    assert log == [(1, 500, "refused"), (2, 503, "refused"), (3, 200, "delivered")]
    assert double.events()[0]["pending_webhooks"] == 0


def test_delivery_fails_in_the_end_and_the_event_stays_pending(double, receiver, client):
    receiver.answers = [500] * 3
    client.v1.payment_intents.create({"amount": 4200, "currency": "cad"})
    double.wait_until_idle()
    assert len(receiver.received) == 3
    assert client.v1.events.list({"delivery_success": True}).data == []
    [undelivered] = client.v1.events.list({"delivery_success": False}).data
    assert undelivered.pending_webhooks == 1


def test_a_shop_that_is_down_is_tried_again(double, client):
    double.add_webhook("http://127.0.0.1:9/", SECRET)
    client.v1.payment_intents.create({"amount": 4200, "currency": "cad"})
    double.wait_until_idle()
    assert [line["outcome"][:11] for line in double.deliveries()] == ["unreachable"] * 3


def test_held_webhooks_arrive_on_release(double, receiver, pay):
    double.hold_webhooks()
    pay()
    double.wait_until_idle()
    assert receiver.kinds() == []
    double.release_webhooks()
    double.wait_until_idle()
    assert receiver.kinds() == PAID


def test_held_webhooks_can_arrive_in_reverse(double, receiver, pay):
    double.hold_webhooks()
    pay()
    double.release_webhooks(order="reverse")
    double.wait_until_idle()
    assert receiver.kinds() == PAID[::-1]


def test_shuffled_webhooks_all_arrive_once(double, receiver, pay):
    double.hold_webhooks()
    pay()
    double.release_webhooks(order="shuffle")
    double.wait_until_idle()
    assert sorted(receiver.kinds()) == sorted(PAID)


def test_a_dropped_webhook_never_arrives_but_can_be_listed(double, receiver, client, pay):
    double.drop_next_webhooks(2)
    pay()
    double.wait_until_idle()
    assert receiver.kinds() == PAID[2:]
    undelivered = client.v1.events.list({"delivery_success": False}).data
    assert [event.type for event in undelivered] == [PAID[1], PAID[0]]


def test_an_event_can_be_sent_again_and_again_even_while_others_are_held(double, receiver, client):
    client.v1.payment_intents.create({"amount": 4200, "currency": "cad"})
    double.wait_until_idle()
    double.hold_webhooks()
    client.v1.payment_intents.create({"amount": 4300, "currency": "cad"})
    double.resend(double.events()[0]["id"], times=3)
    double.wait_until_idle()
    assert [event.data.object.amount for event in receiver.events()] == [4200] * 4
    assert len({event.id for event in receiver.events()}) == 1
    assert double.events()[0]["pending_webhooks"] == 0


def test_a_delayed_webhook_is_still_on_its_way(double, receiver, client):
    double.delay_webhooks(60)
    client.v1.payment_intents.create({"amount": 4200, "currency": "cad"})
    with pytest.raises(TimeoutError):
        double.wait_until_idle(timeout=0.05)
    assert receiver.received == []


def test_endpoint_receives_only_its_enabled_events(double, receiver, pay):
    double.remove_webhooks()
    double.add_webhook(receiver.url, SECRET, events=["charge.succeeded"])
    pay()
    double.wait_until_idle()
    assert receiver.kinds() == ["charge.succeeded"]


def test_a_reset_keeps_the_endpoints_and_nothing_else(double, receiver, pay):
    pay()
    double.hold_webhooks()
    pay()
    double.reset()
    assert (double.intents(), double.events(), double.deliveries()) == ([], [], [])
    receiver.received.clear()
    pay()
    double.wait_until_idle()
    assert receiver.kinds() == PAID
