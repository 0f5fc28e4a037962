"""Compares every object of the double with stripe-python's own typed resources.

stripe-python says Optional for a field that may be absent and for one that may be null alike, so
these tests cannot miss a nullable field. `types/` compares with Stripe's TypeScript types, which
tell the two apart.
"""

from collections.abc import Iterator
from types import UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints
from typing import Literal as OlderLiteral

import pytest
import stripe
from stripe._stripe_object import UntypedStripeObject

from . import objects
from .state import Body
from .types.account import full_account

SIMPLE = (str, int, bool, float)


class _StripeNames(dict[str, Any]):
    """Where the quoted names in stripe-python's annotations lead."""

    def __missing__(self, name: str) -> Any:
        return getattr(stripe, name, Any)


def _fields_of(resource: type) -> dict[str, Any]:
    """The typed fields of a resource; those of the base class StripeObject are not among them."""
    own = {
        name: hint
        for name, hint in vars(resource).get("__annotations__", {}).items()
        if get_origin(hint) is not ClassVar
    }
    holder = type("Holder", (), {"__annotations__": own})
    return get_type_hints(holder, globalns={}, localns=_StripeNames())


def _is_optional(hint: Any) -> bool:
    return type(None) in get_args(hint)


def _choices(hint: Any) -> list[Any]:
    if get_origin(hint) in (Union, UnionType):
        return [choice for part in get_args(hint) for choice in _choices(part)]
    return [hint]


def _is_resource(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, stripe.StripeObject)


def faults_of(body: dict[str, Any], resource: type, at: str) -> Iterator[str]:
    """What is wrong with an object: unknown fields, absent ones, values of a wrong kind."""
    fields = _fields_of(resource)
    if resource is stripe.ListObject:
        return
    for name in body.keys() - fields.keys():
        yield f"{at}.{name}: stripe-python knows no such field"
    for name, hint in fields.items():
        if name in body:
            yield from _faults_of_value(body[name], hint, f"{at}.{name}")
        elif not _is_optional(hint):
            yield f"{at}.{name}: absent"


def _faults_of_value(value: Any, hint: Any, at: str) -> Iterator[str]:
    choices = _choices(hint)
    if value is None:
        if type(None) not in choices:
            yield f"{at}: null"
    elif isinstance(value, dict):
        resources = [choice for choice in choices if _is_resource(choice)]
        loose = [c for c in choices if get_origin(c) is UntypedStripeObject]
        if resources and not loose:
            yield from faults_of(value, resources[0], at)
        elif not loose and UntypedStripeObject not in choices:
            yield f"{at}: an object, not one of {choices}"
    elif isinstance(value, list):
        inner = [get_args(choice)[0] for choice in choices if get_origin(choice) is list]
        if not inner:
            yield f"{at}: a list, not one of {choices}"
        for place, item in enumerate(value):
            yield from _faults_of_value(item, inner[0] if inner else Any, f"{at}[{place}]")
    elif not any(_fits(value, choice) for choice in choices):
        yield f"{at}: {value!r} is not one of {choices}"


def _fits(value: Any, choice: Any) -> bool:
    if choice is Any:
        return True
    if get_origin(choice) in (Literal, OlderLiteral):
        return value in get_args(choice)
    return choice in SIMPLE and type(value) is choice


def test_the_double_speaks_the_version_that_stripe_python_pins():
    assert stripe.api_version == objects.API_VERSION


RESOURCES = {
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "balance_transaction": stripe.BalanceTransaction,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "payment_method": stripe.PaymentMethod,
    "confirmation_token": stripe.ConfirmationToken,
    "webhook_endpoint": stripe.WebhookEndpoint,
    "radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
    "review": stripe.Review,
}


@pytest.fixture(scope="module")
def bodies() -> list[Body]:
    """Every type of object, in every state that a shop meets."""
    return list(full_account().state.objects.values())


def test_each_object_is_what_stripe_python_says_it_is(bodies):
    assert {body["object"] for body in bodies} == RESOURCES.keys()
    faults = (faults_of(body, RESOURCES[body["object"]], body["object"]) for body in bodies)
    assert [fault for found in faults for fault in found] == []


def test_each_event_carries_an_object_that_stripe_python_knows(bodies):
    subjects = [body["data"]["object"] for body in bodies if body["object"] == "event"]
    assert {subject["object"] for subject in subjects} == {
        "payment_intent",
        "charge",
        "refund",
        "dispute",
        "radar.early_fraud_warning",
        "review",
    }
    faults = [
        fault
        for subject in subjects
        for fault in faults_of(subject, RESOURCES[subject["object"]], subject["object"])
    ]
    assert faults == []


def test_the_contract_itself_finds_a_wrong_an_absent_and_an_unknown_field(double, pay):
    pay()
    body = double.intents()[0]
    body["amount"] = "4200"
    body["capture_before"] = 1
    body["last_payment_error"] = {"type": "card_error", "reason": "x"}
    del body["currency"]
    assert sorted(faults_of(body, stripe.PaymentIntent, "intent")) == [
        "intent.amount: '4200' is not one of [<class 'int'>]",
        "intent.capture_before: stripe-python knows no such field",
        "intent.currency: absent",
        "intent.last_payment_error.reason: stripe-python knows no such field",
    ]


def test_stripe_python_itself_reads_each_object_as_its_typed_class(client, pay):
    intent = pay(expand=["latest_charge"])
    assert type(intent) is stripe.PaymentIntent
    assert type(intent.latest_charge) is stripe.Charge
    assert type(client.v1.events.list().data[0]) is stripe.Event
    assert type(client.v1.payment_intents.list()) is stripe.ListObject
