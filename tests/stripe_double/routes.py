"""The part of Stripe's API that the double implements: which function handles which request."""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass

from . import intents, lists, radar, refunds, tokens, webhooks
from .accepted import check
from .browser import shown
from .errors import Refusal, malformed
from .params import Params, items, required
from .state import Body, State

Handler = Callable[..., Body]  # (state, params, *ids from the path)


@dataclass(frozen=True)
class Route:
    line: str  # as in ACCEPTED
    method: str
    path: re.Pattern[str]
    handler: Handler
    publishable: bool = False  # open to a browser's pk_ key


def _listing(kind: str, *matching: str) -> Handler:
    return lambda state, params: lists.page(state, kind, params, matching=matching)


def _found(kind: str) -> Handler:
    def handler(state: State, params: Params, object_id: str) -> Body:
        return state.find(kind, object_id)

    return handler


def _on_intent(act: Callable[[State, Body, Params], Body]) -> Handler:
    def handler(state: State, params: Params, intent_id: str) -> Body:
        return act(state, intents.current(state, intent_id), params)

    return handler


def _shown(state: State, intent: Body, params: Params) -> Body:
    return intent


def _create_endpoint(state: State, params: Params) -> Body:
    return webhooks.add_endpoint(
        state, required(params, "url"), kinds=items(params, "enabled_events")
    )


def _open_reviews(state: State, params: Params) -> Body:
    return lists.page(state, "review", params, only=lambda review: bool(review["open"]))


def _approve_review(state: State, params: Params, review_id: str) -> Body:
    return radar.close_review(state, state.find("review", review_id))


def _authenticate(state: State, params: Params, intent_id: str) -> Body:
    """Behind the 3-D Secure page, in place of the bank; not part of Stripe's API."""
    intent = state.find("payment_intent", intent_id, "intent")
    return intents.authenticate(state, intent, accept=params.get("result") == "accept")


def _route(line: str, handler: Handler, *, publishable: bool = False) -> Route:
    method, path = line.split()
    pattern = path.replace("ID", r"(\w+)")
    return Route(line, method, re.compile(f"/v1/{pattern}"), handler, publishable)


ROUTES = (
    _route("POST payment_intents", intents.create),
    _route("GET payment_intents", _listing("payment_intent", "customer")),
    _route("GET payment_intents/ID", _on_intent(_shown), publishable=True),
    _route("POST payment_intents/ID", _on_intent(intents.update)),
    _route("POST payment_intents/ID/confirm", _on_intent(intents.confirm), publishable=True),
    _route("POST payment_intents/ID/capture", _on_intent(intents.capture)),
    _route("POST payment_intents/ID/cancel", _on_intent(intents.cancel)),
    _route("POST payment_intents/ID/authenticate", _authenticate, publishable=True),
    _route("POST confirmation_tokens", tokens.create_token, publishable=True),
    _route("GET confirmation_tokens/ID", _found("confirmation_token")),
    _route("POST test_helpers/confirmation_tokens", tokens.create_token),
    _route("POST payment_methods", tokens.create_payment_method),
    _route("GET payment_methods/ID", _found("payment_method")),
    _route("GET charges", _listing("charge", "payment_intent", "customer")),
    _route("GET charges/ID", _found("charge")),
    _route("POST refunds", refunds.create_refund),
    _route("GET refunds", _listing("refund", "payment_intent", "charge")),
    _route("GET refunds/ID", _found("refund")),
    _route("GET disputes", _listing("dispute", "payment_intent", "charge")),
    _route("GET disputes/ID", _found("dispute")),
    _route(
        "GET radar/early_fraud_warnings",
        _listing("radar.early_fraud_warning", "payment_intent", "charge"),
    ),
    _route("GET radar/early_fraud_warnings/ID", _found("radar.early_fraud_warning")),
    _route("GET reviews", _open_reviews),
    _route("GET reviews/ID", _found("review")),
    _route("POST reviews/ID/approve", _approve_review),
    _route("GET events", lists.page_of_events),
    _route("GET events/ID", _found("event")),
    _route("POST webhook_endpoints", _create_endpoint),
    _route("GET webhook_endpoints", _listing("webhook_endpoint")),
)


def check_key(key: str) -> None:
    """Only test keys open this door: a live key here means a badly configured shop."""
    if not key:
        raise Refusal(401, "invalid_request_error", "You did not provide an API key.")
    if not re.match(r"(sk|rk|pk)_test_\w+$", key):
        raise Refusal(401, "invalid_request_error", f"Invalid API Key provided: {key[:8]}***")


def perform(state: State, method: str, path: str, params: Params, key: str) -> Body:
    """Do what a request asks and return a copy of the answer; raises Refusal."""
    for route in ROUTES:
        match = route.path.fullmatch(path)
        if match and route.method == method:
            return _perform_route(state, route, params, key, match.groups())
    raise Refusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")


def _perform_route(
    state: State, route: Route, params: Params, key: str, ids: tuple[str, ...]
) -> Body:
    expanded = items(params, "expand")
    params = {name: value for name, value in params.items() if name != "expand"}
    if not key.startswith("pk_"):
        check(route.line, params)
        return lists.expand(state, route.handler(state, params, *ids), expanded)
    if not route.publishable:
        raise Refusal(
            403,
            "invalid_request_error",
            "This API call cannot be made with a publishable API key.",
            code="secret_key_required",
        )
    secret = str(params.pop("client_secret", ""))
    check(route.line, params)
    if ids:
        _check_client_secret(state, ids[0], secret)
    body = route.handler(state, params, *ids)
    return copy.deepcopy(shown(body))


def _check_client_secret(state: State, intent_id: str, secret: str) -> None:
    intent = state.find("payment_intent", intent_id, "intent")
    if secret != intent["client_secret"]:
        raise malformed(
            "The client_secret provided does not match the PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="client_secret",
        )
