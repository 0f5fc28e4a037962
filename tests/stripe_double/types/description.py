"""What the double serves and accepts, as data that compare.mjs holds against Stripe's types."""

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tests.stripe_double.accepted import ACCEPTED, REQUIRED, UNSET, Accepted, Unset
from tests.stripe_double.events import TYPES
from tests.stripe_double.objects import API_VERSION
from tests.stripe_double.state import Body

from .account import full_account

DOUBLE = Path(__file__).resolve().parents[1]
OPTIONS = DOUBLE / "static" / "options.json"
LIST = re.compile(r"GET [a-z_/]+")

# What Stripe's types call our objects.
OBJECTS = {
    "payment_intent": "PaymentIntent",
    "charge": "Charge",
    "refund": "Refund",
    "dispute": "Dispute",
    "balance_transaction": "BalanceTransaction",
    "payment_method": "PaymentMethod",
    "confirmation_token": "ConfirmationToken",
    "webhook_endpoint": "WebhookEndpoint",
    "radar.early_fraud_warning": "Radar.EarlyFraudWarning",
    "review": "Review",
}
# The calls by the methods of Stripe's own client, whose parameters are typed.
METHODS = {
    "POST payment_intents": "paymentIntents.create",
    "GET payment_intents": "paymentIntents.list",
    "GET payment_intents/ID": "paymentIntents.retrieve",
    "POST payment_intents/ID": "paymentIntents.update",
    "POST payment_intents/ID/confirm": "paymentIntents.confirm",
    "POST payment_intents/ID/capture": "paymentIntents.capture",
    "POST payment_intents/ID/cancel": "paymentIntents.cancel",
    "GET confirmation_tokens/ID": "confirmationTokens.retrieve",
    "POST test_helpers/confirmation_tokens": "testHelpers.confirmationTokens.create",
    "POST payment_methods": "paymentMethods.create",
    "GET payment_methods/ID": "paymentMethods.retrieve",
    "GET charges": "charges.list",
    "GET charges/ID": "charges.retrieve",
    "POST refunds": "refunds.create",
    "GET refunds": "refunds.list",
    "GET refunds/ID": "refunds.retrieve",
    "GET disputes": "disputes.list",
    "GET disputes/ID": "disputes.retrieve",
    "GET radar/early_fraud_warnings": "radar.earlyFraudWarnings.list",
    "GET radar/early_fraud_warnings/ID": "radar.earlyFraudWarnings.retrieve",
    "GET reviews": "reviews.list",
    "GET reviews/ID": "reviews.retrieve",
    "POST reviews/ID/approve": "reviews.approve",
    "GET events": "events.list",
    "GET events/ID": "events.retrieve",
    "POST webhook_endpoints": "webhookEndpoints.create",
    "GET webhook_endpoints": "webhookEndpoints.list",
}
EXPAND: Accepted = {"expand": [None]}  # every call takes it
# Calls that only stripe.js and the bank's page make: no public type describes them.
PRIVATE = {"POST confirmation_tokens", "POST payment_intents/ID/authenticate"}


def describe(listened: Collection[str] = ()) -> Body:
    """Everything to compare; `listened` names the event types that the shop acts on."""
    return {
        "objects": _objects(),
        "parameters": {
            line: {
                "type": parameters_type(line),
                "accepted": _table(ACCEPTED[line] | EXPAND, UNSET.get(line, ()), line),
            }
            for line in METHODS
        },
        "names": {
            "API version": {"type": "Stripe.LatestApiVersion", "values": [API_VERSION]},
            "event sent": {"type": "Stripe.Event['type']", "values": TYPES},
            "event listened to": {"type": "Stripe.Event['type']", "values": sorted(listened)},
            "error code": {
                "type": "Stripe.PaymentIntent.LastPaymentError.Code",
                "values": error_codes(),
            },
        },
        "options": _options(),
    }


def parameters_type(line: str) -> str:
    """The TypeScript type of a call's parameters, which follow the ids of its path."""
    method = "".join(f'["{name}"]' for name in METHODS[line].split("."))
    return f"NonNullable<Parameters<Stripe{method}>[{line.count('ID')}]>"


def _objects() -> Body:
    """The bodies of a full account by type; events by what they report, and lists by call."""
    account = full_account()
    found: dict[str, Body] = {}

    def add(name: str, typed: str, body: Body) -> None:
        found.setdefault(name, {"type": typed, "bodies": []})["bodies"].append(body)

    with account.state.lock:
        for body in account.state.objects.values():
            kind = body["object"]
            if kind == "event":
                add(f"event {body['type']}", "Stripe.Event", body)
            else:
                add(kind.split(".")[-1], f"Stripe.{OBJECTS[kind]}", body)
        for body in account.browse():
            add(f"{body['object']} in a browser", f"js.{OBJECTS[body['object']]}", body)
        for line in (line for line in METHODS if LIST.fullmatch(line)):
            page = account.call(line, {"limit": "1"})
            [item] = page["data"]
            typed = OBJECTS.get(item["object"], "Event")
            add(f"list of {line}", f"Stripe.ApiList<Stripe.{typed}>", page)
        add("expanded charge", "Stripe.Charge", account.expanded_charge())
    return found


def _options() -> Body:
    """The table that the double's stripe.js checks its callers with."""
    table: Body = json.loads(OPTIONS.read_text(encoding="utf-8"))
    calls = {name: call | {"type": call["typescript"]} for name, call in table["calls"].items()}
    return {"calls": calls, "types": table["types"]}


def _table(accepted: Accepted, unset: Unset, owner: str, inside: str = "") -> Body:
    """A table of `accepted.py` as JSON can say it, of a call or of a parameter (`inside`)."""
    full = {name: f"{inside}[{name}]" if inside else name for name in accepted}
    return {
        "table": {name: _plain(each, unset, full[name]) for name, each in accepted.items()},
        "required": REQUIRED.get(owner, ()),
        "unset": [name for name in accepted if full[name] in unset],
    }


def _plain(accepted: Accepted | Any, unset: Unset, full: str) -> Any:
    if accepted is None:
        return "any"
    if isinstance(accepted, tuple):
        return {"values": list(accepted)}
    if isinstance(accepted, list):
        return {"list": _plain(accepted[0], unset, full)}
    return _table(accepted, unset, full, full)


def error_codes() -> list[str]:
    """The codes that the double's source gives its errors."""
    source = (path.read_text(encoding="utf-8") for path in sorted(DOUBLE.glob("*.py")))
    return sorted({code for text in source for code in re.findall(r'code="(\w+)"', text)})
