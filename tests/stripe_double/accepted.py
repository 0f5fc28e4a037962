"""The parameters that each API call accepts, in one table; `check` rejects everything else.

`types/` compares this table with Stripe's TypeScript types. A parameter maps to None (any plain
value), a tuple (one of these values), a list (several of these) or a table (nested parameters).
In a table, "*" stands for names of the caller's choice and "" for a plain value in its place.
REQUIRED says what may not be missing, UNSET what may be empty.
"""

import re
from typing import Any

from .errors import Refusal, malformed
from .events import TYPES
from .params import Params, required

Accepted = dict[str, Any]
Unset = tuple[str, ...]


def _names(names: str) -> Accepted:
    return dict.fromkeys(names.split())


YES_OR_NO = ("true", "false")
METADATA: Accepted = {"*": None}
ADDRESS = _names("city country line1 line2 postal_code state")
RECIPIENT = {"address": ADDRESS, **_names("name phone")}
SHIPPING = RECIPIENT | _names("carrier tracking_number")
BILLING = {"address": ADDRESS, **_names("email name phone tax_id")}
TYPED_CARD: Accepted = {
    "billing_details": BILLING,
    "card": _names("cvc exp_month exp_year number"),
    "type": ("card",),
}
METHOD_OPTIONS = {"card": {"request_three_d_secure": ("any", "automatic", "challenge")}}
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
CREATED = _names("gt gte lt lte") | {"": None}
PAGING: Accepted = {"created": CREATED, **_names("ending_before limit starting_after")}

CARD: Accepted = {"payment_method": None, "payment_method_options": METHOD_OPTIONS}
UPDATE: Accepted = CARD | {
    "amount": None,
    "capture_method": CAPTURE_METHODS,
    "currency": None,
    "description": None,
    "metadata": METADATA,
    "receipt_email": None,
    "shipping": SHIPPING,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "transfer_group": None,
}
CONFIRM: Accepted = CARD | {
    "confirmation_token": None,
    "error_on_requires_action": YES_OR_NO,
    "off_session": YES_OR_NO,
    "receipt_email": None,
    "return_url": None,
    "shipping": SHIPPING,
    "use_stripe_sdk": YES_OR_NO,
}
CREATE: Accepted = UPDATE | CONFIRM
CREATE |= {
    "allowed_payment_method_types": [("card",)],
    "automatic_payment_methods": {"allow_redirects": ("always", "never"), "enabled": YES_OR_NO},
    "confirm": YES_OR_NO,
}
TOKEN: Accepted = {"payment_method": None, "return_url": None, "shipping": RECIPIENT}
# What the Payment Element sends: the typed card, and what the page said; no server may.
ELEMENT: Accepted = {
    "element": _names("amount capture_method currency"),
    "payment_method_data": TYPED_CARD,
}

ACCEPTED: dict[str, Accepted] = {
    "POST payment_intents": CREATE,
    "GET payment_intents": PAGING | {"customer": None},
    "GET payment_intents/ID": {"client_secret": None},
    "POST payment_intents/ID": UPDATE,
    "POST payment_intents/ID/confirm": CONFIRM,
    "POST payment_intents/ID/capture": {
        "amount_to_capture": None,
        "final_capture": YES_OR_NO,
        "metadata": METADATA,
        "statement_descriptor_suffix": None,
    },
    "POST payment_intents/ID/cancel": {
        "cancellation_reason": ("abandoned", "duplicate", "fraudulent", "requested_by_customer"),
    },
    "POST payment_intents/ID/authenticate": {"result": ("accept", "refuse")},
    "POST confirmation_tokens": TOKEN | ELEMENT,
    "GET confirmation_tokens/ID": {},
    "POST test_helpers/confirmation_tokens": TOKEN,
    "POST payment_methods": TYPED_CARD,
    "GET payment_methods/ID": {},
    "GET charges": PAGING | _names("customer payment_intent"),
    "GET charges/ID": {},
    "POST refunds": {
        "amount": None,
        "charge": None,
        "metadata": METADATA,
        "payment_intent": None,
        "reason": ("duplicate", "fraudulent", "requested_by_customer"),
    },
    "GET refunds": PAGING | _names("charge payment_intent"),
    "GET refunds/ID": {},
    "GET disputes": PAGING | _names("charge payment_intent"),
    "GET disputes/ID": {},
    "GET radar/early_fraud_warnings": PAGING | _names("charge payment_intent"),
    "GET radar/early_fraud_warnings/ID": {},
    "GET reviews": PAGING,
    "GET reviews/ID": {},
    "POST reviews/ID/approve": {},
    "GET events": PAGING | {"delivery_success": YES_OR_NO, "type": None, "types": [None]},
    "GET events/ID": {},
    "POST webhook_endpoints": {"enabled_events": [("*", *TYPES)], "url": None},
    "GET webhook_endpoints": _names("ending_before limit starting_after"),
}

# Removed by API 2026-09-30.endive, with an error code of its own
# (docs.stripe.com/changelog/endive, "Removes the payment method types parameter").
REMOVED = {"payment_method_types": "Use allowed_payment_method_types instead."}

# What must be given with a call, or with a parameter.
REQUIRED = {
    "POST payment_intents": ("amount", "currency"),
    "POST webhook_endpoints": ("enabled_events", "url"),
    "automatic_payment_methods": ("enabled",),
    "payment_method_data": ("type",),
    "shipping": ("address", "name"),
}
# By call, the tables that an empty value unsets. Any other empty table, list or choice is a 400;
# of plain values, Stripe's types do not tell.
UNSET: dict[str, Unset] = {
    "POST payment_intents": ("payment_method_options[card]",),
    "POST payment_intents/ID": ("metadata", "payment_method_options[card]", "shipping"),
    "POST payment_intents/ID/capture": ("metadata",),
    "POST payment_intents/ID/confirm": ("payment_method_options[card]", "shipping"),
    "POST payment_methods": ("billing_details[address]",),
    "POST refunds": ("metadata",),
}


def check(call: str, params: Params) -> None:
    """Raise 400 for a parameter, or a value of one, that the call does not accept."""
    for name in REQUIRED.get(call, ()):
        required(params, name)
    _check_table(params, ACCEPTED[call], UNSET.get(call, ()))


def _check_table(params: Params, accepted: Accepted, unset: Unset, inside: str = "") -> None:
    for name in REQUIRED.get(inside, ()):
        required(params, name, inside)
    for name, value in params.items():
        full = f"{inside}[{name}]" if inside else name
        if name in accepted:
            _check_value(value, accepted[name], unset, full)
        elif "*" in accepted:
            _check_value(value, accepted["*"], unset, full)
        else:
            raise _rejected(full)


def _rejected(name: str) -> Refusal:
    if instead := REMOVED.get(name):
        message = f"The {name} parameter is no longer supported. {instead}"
        return malformed(message, code=f"{name}_no_longer_supported", param=name)
    return malformed(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def _check_value(value: Any, accepted: Any, unset: Unset, full: str) -> None:
    if value == "":
        _check_empty(accepted, unset, full)
    elif isinstance(accepted, tuple) and value not in accepted:
        raise malformed(f"Invalid {full}: must be one of {', '.join(accepted)}", param=full)
    elif isinstance(accepted, dict) and isinstance(value, dict):
        _check_table(value, accepted, unset, full)
    elif isinstance(accepted, list) and isinstance(value, dict):
        for place, each in value.items():
            _check_value(each, accepted[0], unset, f"{full}[{place}]")
    elif isinstance(accepted, list):
        raise malformed("Invalid array", param=full)
    elif isinstance(accepted, dict) and "" not in accepted:
        raise malformed("Invalid object", param=full)
    elif isinstance(value, dict):
        raise malformed(f"Invalid {full}: must be a plain value", param=full)


def _check_empty(accepted: Any, unset: Unset, full: str) -> None:
    is_plain = accepted is None and not re.search(r"\[address\]\[\w+\]$", full)
    if not is_plain and full not in unset:
        raise malformed(
            f"You passed an empty string for '{full}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{full}' cannot be unset.",
            code="parameter_invalid_empty",
            param=full,
        )
