"""The control API for tests: `/_test/NAME` with a JSON body, answered in JSON.

Here are the faults, the webhook tricks, and the acts of people and banks at Stripe itself, which
the shop learns of by webhook only. `control.py` is the typed client.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import disputes, intents, radar, refunds, webhooks
from .faults import Fault
from .state import Body, State

if TYPE_CHECKING:
    from .server import DoubleServer

Operation = Callable[["DoubleServer", Body], Body]


def _intent(state: State, body: Body) -> Body:
    return state.find("payment_intent", body["intent"], "intent")


def _charge(state: State, body: Body) -> Body:
    return state.find("charge", _intent(state, body)["latest_charge"] or "")


def _amount(body: Body, name: str) -> Body:
    """The optional amount of a request, as the form parameter that the API would get."""
    return {} if body.get("amount") is None else {name: str(body["amount"])}


def fault(server: "DoubleServer", body: Body) -> Body:
    server.faults.add(Fault(**body))
    return {}


def clear_faults(server: "DoubleServer", body: Body) -> Body:
    server.faults.clear()
    return {}


def release_stalled(server: "DoubleServer", body: Body) -> Body:
    server.faults.release()
    return {}


def wait_for_stalled(server: "DoubleServer", body: Body) -> Body:
    return {"stalled": server.faults.wait_for_stalled(body["count"], body["timeout"])}


def add_webhook(server: "DoubleServer", body: Body) -> Body:
    endpoint = webhooks.add_endpoint(server.state, body["url"], body["secret"], body.get("events"))
    return {"id": endpoint["id"]}


def remove_webhooks(server: "DoubleServer", body: Body) -> Body:
    for endpoint in server.state.every("webhook_endpoint"):
        del server.state.objects[endpoint["id"]]
    return {}


def hold_webhooks(server: "DoubleServer", body: Body) -> Body:
    webhooks.hold(server.state)
    return {}


def release_webhooks(server: "DoubleServer", body: Body) -> Body:
    webhooks.release(server.state, body.get("order", "same"))
    return {}


def drop_webhooks(server: "DoubleServer", body: Body) -> Body:
    server.state.drop_next = body["count"]
    return {}


def delay_webhooks(server: "DoubleServer", body: Body) -> Body:
    server.state.delay = body["seconds"]
    return {}


def resend(server: "DoubleServer", body: Body) -> Body:
    webhooks.resend(server.state, body["event"], body.get("times", 1))
    return {}


def wait_until_idle(server: "DoubleServer", body: Body) -> Body:
    state = server.state
    return {"idle": state.changed.wait_for(lambda: webhooks.is_idle(state), body["timeout"])}


def wait_for_event(server: "DoubleServer", body: Body) -> Body:
    state, kind = server.state, body["kind"]
    return {
        "came": state.changed.wait_for(
            lambda: any(event["type"] == kind for event in state.every("event")), body["timeout"]
        )
    }


def objects_of(server: "DoubleServer", body: Body) -> Body:
    return {"data": server.state.every(body["kind"])[: body.get("newest")]}


def requests(server: "DoubleServer", body: Body) -> Body:
    return {"data": list(server.state.requests)}


def token_cards(server: "DoubleServer", body: Body) -> Body:
    return dict(server.state.token_cards)


def lose_deliveries(server: "DoubleServer", body: Body) -> Body:
    """Drop pending deliveries, like a delivery process that was killed with its queue."""
    lost = len(server.state.deliveries)
    server.state.deliveries.clear()
    server.state.changed.notify_all()
    return {"lost": lost}


def deliveries(server: "DoubleServer", body: Body) -> Body:
    return {"data": server.state.delivery_log, "waiting": len(server.state.deliveries)}


def capture(server: "DoubleServer", body: Body) -> Body:
    params = _amount(body, "amount_to_capture")
    return intents.capture(server.state, _intent(server.state, body), params)


def cancel(server: "DoubleServer", body: Body) -> Body:
    params = {"cancellation_reason": "requested_by_customer"}
    return intents.cancel(server.state, _intent(server.state, body), params)


def expire(server: "DoubleServer", body: Body) -> Body:
    return intents.expire(server.state, _intent(server.state, body))


def refund(server: "DoubleServer", body: Body) -> Body:
    params = {"payment_intent": body["intent"], **_amount(body, "amount")}
    return refunds.create_refund(server.state, params)


def finish_refund(server: "DoubleServer", body: Body) -> Body:
    found = server.state.find("refund", body["refund"])
    return refunds.finish_refund(server.state, found, succeeded=body["succeeded"])


def authenticate(server: "DoubleServer", body: Body) -> Body:
    intent = _intent(server.state, body)
    return intents.authenticate(server.state, intent, accept=body["accept"])


def process_next(server: "DoubleServer", body: Body) -> Body:
    server.state.slow_next = body["count"]
    return {}


def finish_processing(server: "DoubleServer", body: Body) -> Body:
    intent = _intent(server.state, body)
    return intents.finish(server.state, intent, succeeded=body["succeeded"])


def limit_confirmations(server: "DoubleServer", body: Body) -> Body:
    server.state.most_confirmations = body["count"]
    return {}


def before_basil(server: "DoubleServer", body: Body) -> Body:
    server.state.before_basil = body["on"]
    return {}


def alter_amount(server: "DoubleServer", body: Body) -> Body:
    """Change the amount of an intent and its charge, which no API call can do."""
    objects, amount = server.state.objects, body["amount"]
    intent = _intent(server.state, body)
    charge = objects.get(intent["latest_charge"] or "")
    intent["amount"] = amount
    if intent["status"] == "requires_capture":
        intent["amount_capturable"] = charge["amount"] = amount
    elif intent["status"] == "succeeded":
        intent["amount_received"] = charge["amount"] = charge["amount_captured"] = amount
        objects[charge["balance_transaction"]]["amount"] = amount
    return intent


def backdate(server: "DoubleServer", body: Body) -> Body:
    """Move an object's dates back by some seconds."""
    found = server.state.objects[body["id"]]
    for name in {"created", "expires_at"} & found.keys():
        found[name] -= body["seconds"]
    return found


def open_dispute(server: "DoubleServer", body: Body) -> Body:
    charge = _charge(server.state, body)
    return disputes.open_dispute(
        server.state, charge, reason=body["reason"], inquiry=body["inquiry"]
    )


def update_dispute(server: "DoubleServer", body: Body) -> Body:
    found = server.state.find("dispute", body["dispute"])
    return disputes.update_dispute(server.state, found, status=body["status"])


def close_dispute(server: "DoubleServer", body: Body) -> Body:
    found = server.state.find("dispute", body["dispute"])
    return disputes.close_dispute(server.state, found, won=body["won"])


def open_early_fraud_warning(server: "DoubleServer", body: Body) -> Body:
    charge = _charge(server.state, body)
    return radar.warn(server.state, charge, fraud_type=body["fraud_type"])


def open_review(server: "DoubleServer", body: Body) -> Body:
    return radar.open_review(server.state, _charge(server.state, body), reason=body["reason"])


def close_review(server: "DoubleServer", body: Body) -> Body:
    found = server.state.find("review", body["review"])
    return radar.close_review(server.state, found, reason=body["reason"])


def reset(server: "DoubleServer", body: Body) -> Body:
    server.faults.reset()
    server.state.forget()
    return {}


OPERATIONS: dict[str, Operation] = {
    operation.__name__: operation
    for operation in (
        fault,
        clear_faults,
        release_stalled,
        wait_for_stalled,
        add_webhook,
        remove_webhooks,
        hold_webhooks,
        release_webhooks,
        drop_webhooks,
        delay_webhooks,
        resend,
        wait_until_idle,
        wait_for_event,
        objects_of,
        requests,
        token_cards,
        lose_deliveries,
        deliveries,
        capture,
        cancel,
        expire,
        refund,
        finish_refund,
        authenticate,
        process_next,
        finish_processing,
        limit_confirmations,
        before_basil,
        alter_amount,
        backdate,
        open_dispute,
        update_dispute,
        close_dispute,
        open_early_fraud_warning,
        open_review,
        close_review,
        reset,
    )
}
# These wait without the lock, or other requests could never end what they wait for.
UNLOCKED = {"wait_for_stalled", "fault", "clear_faults", "release_stalled"}
