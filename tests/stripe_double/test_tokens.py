"""Confirmation tokens, and what a browser with a publishable key may do."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
import stripe

CARD = {"type": "card", "card[number]": "4242424242424242"}
CARD |= {"card[exp_month]": "12", "card[exp_year]": "2039", "card[cvc]": "123"}


def browse(double: Any, method: str, path: str, **params: str) -> tuple[int, dict[str, Any]]:
    """A call as stripe.js makes it: form-encoded, the key among the parameters."""
    form = urllib.parse.urlencode({"key": "pk_test_double", **params})
    url = f"{double.url}/v1/{path}" + (f"?{form}" if method == "GET" else "")
    body = form.encode() if method == "POST" else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def element_token(double: Any, **told: str) -> str:
    """A token as the Payment Element makes it; `told` is what elements() was given."""
    card = {
        f"payment_method_data[{k.split('[')[0]}]{k[len(k.split('[')[0]) :]}": v
        for k, v in CARD.items()
    }
    given = {f"element[{name}]": value for name, value in told.items()}
    status, token = browse(double, "POST", "confirmation_tokens", **card, **given)
    assert status == 200
    return str(token["id"])


def new_intent(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": 4200,
            "currency": "cad",
            "capture_method": "manual",
            "allowed_payment_method_types": ["card"],
        }
    )


def test_a_token_of_the_page_confirms_an_intent_once(client, double):
    token_id = element_token(double, amount="4200", currency="cad", capture_method="manual")
    intent = new_intent(client)
    confirmed = client.v1.payment_intents.confirm(intent.id, {"confirmation_token": token_id})
    assert confirmed.status == "requires_capture"
    token = client.v1.confirmation_tokens.retrieve(token_id)
    assert token.payment_intent == intent.id
    assert token.payment_method_preview.card.last4 == "4242"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(new_intent(client).id, {"confirmation_token": token_id})
    assert refusal.value.code == "token_already_used"


@pytest.mark.parametrize(
    "told", [{"amount": "4100"}, {"currency": "usd"}, {"capture_method": "automatic"}]
)
def test_a_token_made_for_another_sum_or_capture_is_refused_and_not_used_up(client, double, told):
    page = {"amount": "4200", "currency": "cad", "capture_method": "manual", **told}
    token_id = element_token(double, **page)
    intent = new_intent(client)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(intent.id, {"confirmation_token": token_id})
    assert refusal.value.param == next(iter(told))
    assert client.v1.confirmation_tokens.retrieve(token_id).payment_intent is None
    assert double.charges() == []


def test_a_token_is_too_old_after_twelve_hours(client, double):
    token = client.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
    assert token.expires_at == token.created + 43_200
    assert double.backdate(token.id, 43_201)["expires_at"] == token.created - 1
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        client.v1.payment_intents.confirm(new_intent(client).id, {"confirmation_token": token.id})


def test_an_unknown_token_is_refused(client):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(new_intent(client).id, {"confirmation_token": "ctoken_x"})
    assert refusal.value.code == "resource_missing"


def test_a_browser_sees_its_intent_with_the_client_secret_but_not_its_metadata(client, double):
    intent = new_intent(client)
    path = f"payment_intents/{intent.id}"
    status, body = browse(double, "GET", path, client_secret=intent.client_secret)
    assert (status, body["amount"]) == (200, 4200)
    assert not {"metadata", "latest_charge", "payment_method_options"} & body.keys()
    status, body = browse(double, "GET", path, client_secret="wrong")
    assert (status, body["error"]["param"]) == (400, "client_secret")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "payment_intents"),
        ("POST", "payment_intents"),
        ("POST", "refunds"),
        ("GET", "events"),
    ],
)
def test_a_publishable_key_opens_nothing_else(double, method, path):
    status, body = browse(double, method, path)
    assert (status, body["error"]["code"]) == (403, "secret_key_required")


@pytest.mark.parametrize("key", ["sk_live_abc", "nonsense", "pk_live_abc"])
def test_only_test_keys_are_taken(double, key):
    client = stripe.StripeClient(key, base_addresses={"api": double.url})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.payment_intents.list()
