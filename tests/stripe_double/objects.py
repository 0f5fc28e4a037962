"""New objects, with every field that the API sends, in the version that stripe-python 16.1 pins.

`test_contract.py` holds each of them against stripe-python's typed resources.
"""

import hashlib
from typing import Any

from .cards import Card
from .state import Body, new_id, now

API_VERSION = "2026-10-28.endive"
AUTHORIZATION_LASTS = 7 * 86_400  # seconds; docs.stripe.com/payments/place-a-hold
TOKEN_LASTS = 12 * 3_600  # seconds
AVAILABLE_AFTER = 2 * 86_400  # seconds until captured money is paid out

UNSET_IN_INTENT = (
    "allowed_payment_method_types",
    "application",
    "application_fee_amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "customer",
    "customer_account",
    "description",
    "excluded_payment_method_types",
    "last_payment_error",
    "latest_charge",
    "managed_payments",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration_details",
    "payment_record",
    "processing",
    "receipt_email",
    "review",
    "setup_future_usage",
    "shipping",
    "source",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)
UNSET_IN_CHARGE = (
    "application",
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "on_behalf_of",
    "outcome",
    "receipt_number",
    "receipt_url",
    "review",
    "source",
    "source_transfer",
    "statement_descriptor",
    "transfer_data",
    "transfer_group",
)
NOTHING_TAKEN: Body = {
    "amount_captured": 0,
    "amount_refunded": 0,
    "calculated_statement_descriptor": "MICROFLIGHT",
    "captured": False,
    "disputed": False,
    "livemode": False,
    "paid": False,
    "refunded": False,
    "status": "failed",
}
NO_CARD_OPTIONS: Body = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}
ADDRESS_PARTS = ("city", "country", "line1", "line2", "postal_code", "state")
NO_BILLING: Body = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}


def new_object(kind: str, prefix: str, **fields: Any) -> Body:
    """An object of that type with a fresh id and the time of its creation."""
    return {"id": new_id(prefix), "object": kind, "created": now(), **fields}


def billing_details(given: Body) -> Body:
    return {**NO_BILLING, **given, "address": _address(given.get("address"))}


def shipping(given: Body) -> Body | None:
    """Where to ship, with every part of the address; None if nothing was given."""
    return {**given, "address": _address(given.get("address"))} if given else None


def _address(given: Body | None) -> Body | None:
    return {part: given.get(part) or None for part in ADDRESS_PARTS} if given else None


def payment_method(
    card: Card, *, exp_month: int, exp_year: int, cvc_given: bool, billing: Body
) -> Body:
    return new_object(
        "payment_method",
        "pm",
        allow_redisplay="unspecified",
        billing_details=billing_details(billing),
        card=_method_card(card, exp_month, exp_year, cvc_given),
        customer=None,
        customer_account=None,
        livemode=False,
        metadata={},
        type="card",
    )


def _method_card(card: Card, exp_month: int, exp_year: int, cvc_given: bool) -> Body:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if cvc_given else None,
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": card.brand != "amex"},
        "wallet": None,
    }


def confirmation_token(method: Body, *, return_url: str | None, shipping: Body | None) -> Body:
    return new_object(
        "confirmation_token",
        "ctoken",
        expires_at=now() + TOKEN_LASTS,
        livemode=False,
        mandate_data=None,
        metadata=None,
        payment_intent=None,
        payment_method_options={"card": {"cvc_token": None}},
        payment_method_preview={
            "allow_redisplay": "unspecified",
            "billing_details": method["billing_details"],
            "card": method["card"],
            "customer": None,
            "customer_account": None,
            "type": "card",
        },
        return_url=return_url,
        setup_future_usage=None,
        setup_intent=None,
        shipping={"phone": None, **shipping} if shipping else None,
        use_stripe_sdk=True,
    )


def payment_intent(*, amount: int, currency: str, **given: Any) -> Body:
    """A fresh intent in `requires_payment_method`; `given` overrides the optional fields."""
    intent = new_object(
        "payment_intent",
        "pi",
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        capture_method="automatic_async",
        confirmation_method="automatic",
        currency=currency,
        livemode=False,
        metadata={},
        payment_method_options={"card": dict(NO_CARD_OPTIONS)},
        payment_method_types=["card"],
        status="requires_payment_method",
        **dict.fromkeys(UNSET_IN_INTENT),
    )
    intent["client_secret"] = f"{intent['id']}_{new_id('secret', 25)}"
    return {**intent, **given}


def charge(intent: Body, method: Body, *, challenged: bool) -> Body:
    """The attempt to take an intent's money from a card; `charges.py` decides how it ends."""
    return new_object(
        "charge",
        "ch",
        amount=intent["amount"],
        billing_details=method["billing_details"],
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        fraud_details={},
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={
            "card": _charged_card(intent, method["card"], challenged),
            "type": "card",
        },
        radar_options={},
        receipt_email=intent["receipt_email"],
        shipping=intent["shipping"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        **dict.fromkeys(UNSET_IN_CHARGE),
        **NOTHING_TAKEN,
    )


def _charged_card(intent: Body, card: Body, challenged: bool) -> Body:
    kept = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    unavailable = {"status": "unavailable"}
    checks = dict(card["checks"])
    checks["cvc_check"] = "pass" if checks["cvc_check"] else None
    return {
        **{name: card[name] for name in kept},
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "checks": checks,
        "electronic_commerce_indicator": "05" if challenged else None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": unavailable,
        "installments": None,
        "mandate": None,
        "multicapture": unavailable,
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": intent["amount"], **unavailable},
        "regulated_status": card["regulated_status"],
        "three_d_secure": _challenge_passed() if challenged else None,
        "transaction_link_id": None,
        "wallet": None,
    }


def _challenge_passed() -> Body:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("dsx", 12),
        "version": "2.2.0",
    }


def refund(charge_body: Body, *, amount: int, status: str, **given: Any) -> Body:
    return {
        **new_object(
            "refund",
            "re",
            amount=amount,
            balance_transaction=None,
            charge=charge_body["id"],
            currency=charge_body["currency"],
            customer=charge_body["customer"],
            customer_account=None,
            destination_details={"card": {"type": "refund"}, "type": "card"},
            metadata={},
            payment_intent=charge_body["payment_intent"],
            payment_method=charge_body["payment_method"],
            reason=None,
            receipt_number=None,
            source_transfer_reversal=None,
            status=status,
            transfer_reversal=None,
        ),
        **given,
    }


def balance_transaction(charge_body: Body, *, amount: int) -> Body:
    """What a captured charge moved on the account's balance, in cents, and its made-up fee."""
    fee = round(amount * 0.029) + 30
    return new_object(
        "balance_transaction",
        "txn",
        amount=amount,
        available_on=now() + AVAILABLE_AFTER,
        balance_type="payments",
        currency=charge_body["currency"],
        description=charge_body["description"],
        exchange_rate=None,
        fee=fee,
        fee_details=[
            {
                "amount": fee,
                "application": None,
                "currency": charge_body["currency"],
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ],
        net=amount - fee,
        reporting_category="charge",
        source=charge_body["id"],
        status="pending",
        type="charge",
    )


def event(kind: str, subject: Body, *, cause: Body, endpoints: int, previous: Body | None) -> Body:
    data: Body = {"object": subject}
    if previous:
        data["previous_attributes"] = previous
    return new_object(
        "event",
        "evt",
        api_version=API_VERSION,
        data=data,
        livemode=False,
        pending_webhooks=endpoints,
        request=dict(cause),
        type=kind,
    )


def webhook_endpoint(url: str, secret: str, kinds: list[str]) -> Body:
    return new_object(
        "webhook_endpoint",
        "we",
        api_version=API_VERSION,
        application=None,
        description=None,
        enabled_events=kinds,
        livemode=False,
        metadata={},
        secret=secret,
        status="enabled",
        url=url,
    )
