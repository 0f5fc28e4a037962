"""Every parameter that the shop's gateway sends to Stripe, against Stripe's TypeScript types."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe

from checkout.order.models import Order, ShippingAddress
from checkout.payment import stripe_gateway as gateway
from checkout.settlement.payer import shipping_of
from checkout.settlement.settle import RELEVANT_EVENTS
from tests.engines.errors import CannotRun
from tests.stripe_double import routes
from tests.stripe_double.control import Double
from tests.stripe_double.params import Params

from .description import METHODS, parameters_type
from .packages import compare, install

ADDRESS = ShippingAddress(
    first_name="Alice",
    last_name="Able",
    line1="1 Main St",
    line2="Unit 2",
    line4="Saskatoon",
    state="SK",
    postcode="S7K 1A1",
    country_id="CA",
)
DAY = timedelta(days=1)


@pytest.fixture
def sent(monkeypatch, settings, double: Double) -> dict[str, Any]:
    """The parameters that the gateway sends during a test, by call, several calls merged."""
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = double.url, "sk_test_double"
    found: dict[str, Any] = {}
    perform = routes._perform_route

    def watch(state: Any, route: routes.Route, params: Params, *rest: Any) -> Any:
        _merge(found.setdefault(route.line, {}), params)
        return perform(state, route, params, *rest)

    monkeypatch.setattr(routes, "_perform_route", watch)
    return found


def _merge(known: dict[str, Any], params: Params) -> None:
    """Add parameters as `compare` reads them: plain values, lists ("0", "1" ...) and tables."""
    for name, value in params.items():
        if not isinstance(value, dict):
            known[name] = "any"
        elif "0" in value:
            known[name] = {"list": "any"}
        else:
            _merge(known.setdefault(name, {"table": {}})["table"], value)


def _use_everything(double: Double) -> None:
    """Call each function of the gateway that asks Stripe."""
    browser = stripe.StripeClient("sk_test_double", base_addresses={"api": double.url})
    token = browser.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
    paid = gateway.create_intent(
        cents=4200,
        currency="CAD",
        key="paid",
        order_number="100001",
        shipping=shipping_of(Order(shipping_address=ADDRESS)),
    )
    given = {"token": token.id, "key": "paid", "return_url": "https://shop.example/return/"}
    gateway.confirm_intent(paid.id, **given)
    gateway.capture_intent(paid.id, cents=4000)
    gateway.refund_intent(paid.id, cents=1000, key="first")
    gateway.refund_made(paid.id, key="first")
    gateway.refunds_of(gateway.retrieve_intent(paid.id))
    review = double.open_review(paid.id)
    warning = double.open_early_fraud_warning(paid.id)
    dispute = double.open_dispute(paid.id)
    gateway.retrieve_review(review["id"])
    gateway.retrieve_fraud_warning(warning["id"])
    gateway.retrieve_dispute(dispute["id"])
    open_ = gateway.create_intent(cents=4200, currency="CAD", key="open", order_number="100002")
    gateway.cancel_intent(open_.id)
    gateway.recent_intents(DAY)
    gateway.page_of_intents(after=open_.id)
    gateway.undelivered_events(DAY, RELEVANT_EVENTS)
    gateway.recent_events(DAY, RELEVANT_EVENTS)


def _called_in_source() -> Iterator[str]:
    """The client methods that the gateway's source names, as Stripe's TypeScript has them."""
    source = Path(gateway.__file__).read_text(encoding="utf-8")
    for method in re.findall(r"\.v1\.([a-z_.]+)\(", source):
        yield re.sub(r"_([a-z])", lambda letter: letter[1].upper(), method)


def test_stripe_knows_each_parameter_that_the_gateway_sends(double, sent):
    try:
        install()
    except CannotRun as reason:
        pytest.skip(f"comparison of the Stripe double with Stripe's types: {reason}")
    _use_everything(double)
    sent.pop("POST test_helpers/confirmation_tokens")  # the browser's
    assert {METHODS[line] for line in sent} == set(_called_in_source())
    assert sent["POST payment_intents"]["allowed_payment_method_types"] == {"list": "any"}
    assert len(sent["POST payment_intents"]["shipping"]["table"]["address"]["table"]) == 6
    calls = {
        line: {"type": parameters_type(line), "accepted": {"table": sent[line]}} for line in sent
    }
    nothing = {"objects": {}, "names": {}, "options": {"calls": {}, "types": {}}}
    found = compare(nothing | {"parameters": calls})
    assert [line for line in found if not _is_expected(line)] == []


def _is_expected(line: str) -> bool:
    """Not every parameter has to be sent, nor does this list say which values are."""
    return line.endswith("not doubled") or "takes any value" in line
