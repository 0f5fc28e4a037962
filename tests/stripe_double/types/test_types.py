"""The double against Stripe's own TypeScript types, and what such a comparison finds."""

import copy
import json
import re
from typing import Any

import pytest

from checkout.settlement.settle import RELEVANT_EVENTS
from tests.engines.errors import CannotRun
from tests.stripe_double.accepted import ACCEPTED
from tests.stripe_double.events import TYPES
from tests.stripe_double.state import Body

from .description import METHODS, OPTIONS, PRIVATE, describe
from .explained import explained, unexplained
from .packages import HERE, compare, install


@pytest.fixture(scope="module", autouse=True)
def _packages() -> None:
    try:
        install()
    except CannotRun as reason:
        pytest.skip(f"comparison of the Stripe double with Stripe's types: {reason}")


@pytest.fixture(scope="module")
def description() -> Body:
    return describe(RELEVANT_EVENTS)


def test_double_differs_from_stripe_only_where_the_list_says_why(description):
    assert unexplained(compare(description), explained()) == []


def test_account_shows_each_event_type_that_the_double_sends(description):
    shown = {name.removeprefix("event ") for name in description["objects"] if "event " in name}
    assert shown == set(TYPES)


def test_each_call_is_compared_but_those_of_stripe_js():
    assert ACCEPTED.keys() == METHODS.keys() | PRIVATE


def test_comparison_finds_each_kind_of_difference(description):
    spoiled = copy.deepcopy(description)
    objects = {name: found["bodies"][0] for name, found in spoiled["objects"].items()}
    tables = {name: found["accepted"] for name, found in spoiled["parameters"].items()}
    calls = {name: found["table"] for name, found in tables.items()}
    del objects["payment_intent"]["excluded_payment_method_types"]
    del objects["refund"]["amount"]
    del objects["dispute"]["evidence"]["receipt"]
    objects["charge"] |= {"capture_before": 1, "currency": None, "amount": "4200"}
    objects["review"] |= {"open": 1, "reason": {}, "opened_reason": "robot"}
    calls["POST payment_intents"]["payment_method_types"] = {"list": "any"}
    calls["POST payment_intents"]["shipping"]["table"]["zip"] = "any"
    calls["POST payment_intents"]["payment_method_options"]["table"]["*"] = "any"
    calls["POST payment_intents/ID/cancel"]["cancellation_reason"] = "any"
    del calls["GET refunds"]["charge"]
    calls["GET refunds"] |= {"limit": {"table": {}}, "payment_intent": {"list": "any"}}
    calls["POST refunds"]["reason"]["values"][0] = "late"
    tables["POST refunds"] |= {"required": ["amount"], "unset": ["reason"]}
    calls["POST payment_intents"]["shipping"]["required"] = ["name"]
    for name in ("API version", "event sent", "event listened to", "error code"):
        spoiled["names"][name]["values"] = ["charge.taken"]
    options = {name: call["options"] for name, call in spoiled["options"]["calls"].items()}
    options["stripe.elements"] |= {"paymentMethodTypes?": "string[]", "amount?": "number"}
    options["stripe.elements"]["captureMethod?"] = "'manual' | 'later'"
    del options["stripe.elements"]["loader?"], options["stripe.elements"]["amount"]
    options["elements.create"]["wallets?"] = "string"
    assert set(unexplained(compare(spoiled), explained())) == {
        'API version: "charge.taken" is unknown to Stripe',
        "GET refunds charge: not doubled",
        "GET refunds limit: not a table at Stripe",
        "GET refunds payment_intent: not a list at Stripe",
        "POST payment_intents payment_method_options: takes names of one's choice, unlike Stripe",
        "POST payment_intents payment_method_types: unknown to Stripe",
        "POST payment_intents shipping[address]: required at Stripe",
        "POST payment_intents shipping[zip]: unknown to Stripe",
        "POST payment_intents/ID/cancel cancellation_reason: takes any value, and Stripe only "
        "abandoned, duplicate, fraudulent, requested_by_customer",
        "POST refunds amount: optional at Stripe",
        "POST refunds metadata: can be unset at Stripe",
        "POST refunds reason: cannot be unset at Stripe",
        'POST refunds reason: value "duplicate" is not doubled',
        'POST refunds reason: value "late" is unknown to Stripe',
        "charge.amount: a string, which Stripe never sends",
        "charge.capture_before: unknown to Stripe",
        "charge.currency: null, which Stripe never sends",
        "dispute.evidence.receipt: missing (may be null)",
        'error code: "charge.taken" is unknown to Stripe',
        'event listened to: "charge.taken" is unknown to Stripe',
        'event sent: "charge.taken" is unknown to Stripe',
        "elements.create wallets: object is not doubled",
        "elements.create wallets: string is unknown to Stripe",
        "payment_intent.excluded_payment_method_types: missing (may be null)",
        "refund.amount: missing",
        "review.open: a number, which Stripe never sends",
        'review.opened_reason: value "robot" is unknown to Stripe',
        "review.reason: an object, which Stripe never sends",
        "stripe.elements amount: required at Stripe",
        "stripe.elements captureMethod: 'automatic' is not doubled",
        "stripe.elements captureMethod: 'automatic_async' is not doubled",
        "stripe.elements captureMethod: 'later' is unknown to Stripe",
        "stripe.elements loader: not doubled",
        "stripe.elements paymentMethodTypes: unknown to Stripe",
    }


def test_name_that_stripe_does_not_have_fails_the_comparison(description):
    wrong = {"type": "Stripe.Payment", "bodies": []}
    [line] = compare(description | {"objects": {"payment": wrong}})
    assert line.startswith("types: Namespace")
    assert line.endswith("has no exported member 'Payment'.")


def test_listed_line_that_no_longer_applies_fails():
    found = ["POST refunds a[b]: not doubled", 'x: value "c.d" is never served', "y: missing"]
    listed = ["POST refunds a[*]: not doubled", 'x: value "*" is never served', "z*: missing"]
    assert unexplained(found, listed) == [
        "y: missing",
        "differences.toml: no longer applies: z*: missing",
    ]


def test_packages_are_pinned_without_download_addresses():
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    locked: dict[str, Any] = {
        name.removeprefix("node_modules/"): package for name, package in lock.items() if name
    }
    assert {name: package["version"] for name, package in locked.items()} == wanted
    assert json.loads(OPTIONS.read_text())["package"] in {f"{k}@{v}" for k, v in wanted.items()}
    assert all("integrity" in each and "resolved" not in each for each in locked.values())
