"""An account of the double that has everything: each object in each state a shop can meet."""

from contextlib import suppress
from typing import Any

from tests.stripe_double import disputes, intents, radar, refunds, webhooks
from tests.stripe_double.errors import Refusal
from tests.stripe_double.params import Params
from tests.stripe_double.routes import perform
from tests.stripe_double.state import MOST_CONFIRMATIONS, Body, State

SECRET_KEY, PUBLISHABLE_KEY = "sk_test_double", "pk_test_double"
ADDRESS = {"line1": "1 Main St", "city": "Saskatoon", "state": "SK", "postal_code": "S7K 1A1"}
SHIPPING = {"name": "Alice Able", "address": ADDRESS | {"country": "CA"}}
AMOUNT: Params = {"amount": "4200", "currency": "cad"}
CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "39", "cvc": "123"}
TYPED: Params = {"payment_method_data": {"type": "card", "card": CARD}, "shipping": SHIPPING}
CHALLENGED = "pm_card_threeDSecure2Required"


class Account:
    """A double without a server; the calls are those of the API and of people at Stripe."""

    def __init__(self) -> None:
        self.state = State()

    def call(self, line: str, params: Params | None = None, key: str = SECRET_KEY) -> Body:
        """An API call ("POST refunds") with parameters as a form has them."""
        method, path = line.split()
        return perform(self.state, method, f"/v1/{path}", dict(params or {}), key)

    def browse(self) -> list[Body]:
        """What stripe.js gets of each intent, and of a token that it makes from a typed card."""
        intents = self.state.every("payment_intent")
        return [
            self.call("POST confirmation_tokens", TYPED, PUBLISHABLE_KEY),
            *(
                self.call(
                    f"GET payment_intents/{intent['id']}",
                    {"client_secret": intent["client_secret"]},
                    PUBLISHABLE_KEY,
                )
                for intent in intents
            ),
        ]

    def expanded_charge(self) -> Body:
        """A refunded charge with other objects in the place of their ids."""
        refund = self.state.every("refund")[-1]
        paths = ("balance_transaction", "payment_intent.payment_method", "refunds.data.charge")
        expand = {"expand": dict(enumerate(paths))}
        return self.call(f"GET charges/{refund['charge']}", expand)

    def pay(self, card: str = "pm_card_visa", **given: Any) -> Body:
        """Create and confirm an intent of 42.00 CAD; one whose card is declined is returned too."""
        params = {
            "amount": "4200",
            "currency": "cad",
            "allowed_payment_method_types": {"0": "card"},
        }
        made = self.call("POST payment_intents", params | given)
        with suppress(Refusal):
            self.call(f"POST payment_intents/{made['id']}/confirm", {"payment_method": card})
        return self.state.objects[made["id"]]

    def hold(self, card: str = "pm_card_visa", **given: Any) -> Body:
        return self.pay(card, capture_method="manual", **given)

    def charge_of(self, intent: Body) -> Body:
        return self.state.objects[intent["latest_charge"]]


def full_account() -> Account:
    """The account with everything in it."""
    account = Account()
    with account.state.lock:
        webhooks.add_endpoint(account.state, "https://shop.example/stripe/webhook/")
        _payments(account)
        _failures(account)
        _refunds(account)
        _disputes(account)
        _suspicions(account)
    return account


def _payments(account: Account) -> None:
    state = account.state
    told = {"description": "Order 100001", "metadata": {"order": "100001"}, "shipping": SHIPPING}
    held = account.hold(receipt_email="alice@example.com", **told)
    account.call(f"POST payment_intents/{held['id']}/capture", {"amount_to_capture": "4000"})
    for reason in ("abandoned", "duplicate", "fraudulent", "requested_by_customer"):
        path = f"POST payment_intents/{account.hold()['id']}/cancel"
        account.call(path, {"cancellation_reason": reason})
    for before_basil in (True, False):
        state.before_basil = before_basil
        intents.expire(state, account.hold())
    account.pay(capture_method="automatic")
    methods = {"automatic_payment_methods": {"enabled": "true", "allow_redirects": "never"}}
    bare = account.call("POST payment_intents", AMOUNT | methods)
    account.call(f"POST payment_intents/{bare['id']}", {"payment_method": "pm_card_amex"})
    token = account.call("POST test_helpers/confirmation_tokens", {"payment_method": "pm_card_ca"})
    account.call(f"POST payment_intents/{bare['id']}/confirm", {"confirmation_token": token["id"]})
    account.call("POST test_helpers/confirmation_tokens", _token_of_a_page())
    account.hold()
    account.call("POST payment_intents", AMOUNT | methods | {"payment_method": "pm_card_visa"})


def _token_of_a_page() -> Params:
    return {
        "payment_method": "pm_card_visa",
        "return_url": "https://shop.example/return/",
        "shipping": SHIPPING,
    }


def _failures(account: Account) -> None:
    account.pay("pm_card_visa_chargeDeclined")
    account.pay("pm_card_radarBlock")
    account.pay(CHALLENGED)
    intents.authenticate(account.state, account.pay(CHALLENGED), accept=True)
    intents.authenticate(account.state, account.pay(CHALLENGED), accept=False)
    for succeeded in (True, False):
        account.state.slow_next = 1
        intents.finish(account.state, account.pay(), succeeded=succeeded)
    account.state.slow_next = 1
    account.pay()
    account.state.most_confirmations = 1
    account.pay("pm_card_visa_chargeDeclined")
    account.state.most_confirmations = MOST_CONFIRMATIONS


def _refunds(account: Account) -> None:
    for reason in ("duplicate", "fraudulent", "requested_by_customer"):
        paid = account.pay()["id"]
        account.call("POST refunds", {"payment_intent": paid, "amount": "1000", "reason": reason})
    account.call("POST refunds", {"payment_intent": paid, "metadata": {"key": "1"}})
    for succeeded in (True, False):
        pending = account.pay("pm_card_pendingRefund")["id"]
        refund = account.call("POST refunds", {"payment_intent": pending})
        found = account.state.objects[refund["id"]]
        refunds.finish_refund(account.state, found, succeeded=succeeded)
    account.call("POST refunds", {"payment_intent": account.pay("pm_card_refundFail")["id"]})


def _disputes(account: Account) -> None:
    state = account.state
    account.pay("pm_card_createDispute")
    account.pay("pm_card_createDisputeInquiry")
    for won in (True, False):
        dispute = disputes.open_dispute(state, account.charge_of(account.pay()))
        disputes.close_dispute(state, dispute, won=won)
    for status in disputes.OPEN:
        opened = disputes.open_dispute(state, account.charge_of(account.pay()), inquiry=True)
        if status != opened["status"]:
            disputes.update_dispute(state, opened, status=status)
    inquiry = disputes.open_dispute(state, account.charge_of(account.pay()), inquiry=True)
    disputes.close_dispute(state, inquiry, won=True)


def _suspicions(account: Account) -> None:
    state = account.state
    for fraud_type in radar.FRAUD_TYPES:
        charge = account.charge_of(account.pay())
        radar.warn(state, charge, fraud_type=fraud_type)
    radar.open_review(state, charge, reason="manual")
    account.call("POST refunds", {"charge": charge["id"]})
    radar.open_review(state, account.charge_of(account.pay()))
    for reason in radar.CLOSED:
        review = radar.open_review(state, account.charge_of(account.pay()))
        radar.close_review(state, review, reason=reason)
