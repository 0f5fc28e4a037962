"""Payment intents: from creation to capture or cancellation."""

from . import charges, objects, tokens
from .cards import Decline
from .errors import Body, Refusal, malformed, unfit
from .events import emit
from .params import (
    Params,
    allow_only,
    charge_amount,
    charge_currency,
    flag,
    items,
    table,
    whole_number,
)
from .state import State, now

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
DESCRIBING = {"description", "metadata", "receipt_email", "shipping"}
DESCRIBING |= {"statement_descriptor", "statement_descriptor_suffix", "transfer_group"}
PAYING = {"payment_method", "payment_method_data", "payment_method_options"}
PAYING |= {"confirmation_token", "setup_future_usage"}
CONFIRM = PAYING | {
    "return_url",
    "off_session",
    "use_stripe_sdk",
    "mandate_data",
    "error_on_requires_action",
    "receipt_email",
    "shipping",
}
UPDATE = (DESCRIBING | PAYING | {"amount", "currency", "capture_method"}) - {"confirmation_token"}
CREATE = (
    UPDATE
    | CONFIRM
    | {
        "automatic_payment_methods",
        "payment_method_types",
        "confirm",
        "confirmation_method",
    }
)
CAPTURE = {"amount_to_capture", "final_capture", "metadata", "statement_descriptor_suffix"}
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
CANCEL_REASONS = (None, "abandoned", "duplicate", "fraudulent", "requested_by_customer")


def create(state: State, params: Params) -> Body:
    """POST /v1/payment_intents."""
    allow_only(params, CREATE)
    intent = objects.payment_intent(amount=charge_amount(params), currency=charge_currency(params))
    intent["capture_method"] = _capture_method(params)
    _choose_payment_methods(intent, params)
    _describe(intent, params)
    state.add(intent)
    if params.get("payment_method") and not flag(params, "confirm"):
        _attach(state, intent, params)
    emit(state, "payment_intent.created", intent)
    if flag(params, "confirm"):
        return confirm(state, intent, {k: v for k, v in params.items() if k in CONFIRM})
    return intent


def _capture_method(params: Params) -> str:
    method = str(params.get("capture_method", "automatic_async"))
    if method not in CAPTURE_METHODS:
        raise malformed(f"Invalid capture_method: {method}", param="capture_method")
    return method


def _choose_payment_methods(intent: Body, params: Params) -> None:
    """Named types, or whatever the account has switched on: the default since API 2023-08-16."""
    kinds = items(params, "payment_method_types")
    if kinds:
        if "automatic_payment_methods" in params:
            raise malformed(
                "You may only specify one of these parameters: "
                "automatic_payment_methods, payment_method_types.",
                param="automatic_payment_methods",
            )
        intent["payment_method_types"] = kinds
        return
    chosen = table(params, "automatic_payment_methods")
    intent["automatic_payment_methods"] = {
        "allow_redirects": chosen.get("allow_redirects", "always"),
        "enabled": chosen.get("enabled", "true") == "true",
    }


def _describe(intent: Body, params: Params) -> None:
    for name in (DESCRIBING | {"setup_future_usage"}) - {"metadata"}:
        if name in params:
            intent[name] = params[name] or None
    for name, value in table(params, "metadata").items():
        if value == "":
            intent["metadata"].pop(name, None)
        else:
            intent["metadata"][name] = value


def _attach(state: State, intent: Body, params: Params) -> None:
    method = tokens.payment_method_called(state, params["payment_method"])
    intent.update(payment_method=method["id"], status="requires_confirmation")


def update(state: State, intent: Body, params: Params) -> Body:
    """POST /v1/payment_intents/ID: what is charged may change only before it is confirmed."""
    allow_only(params, UPDATE)
    fixed = sorted(set(params) - DESCRIBING)
    if fixed and intent["status"] not in OPEN:
        raise wrong_state(intent, f"its {', '.join(fixed)} could not be updated")
    changes: Body = {}
    if "amount" in params:
        changes["amount"] = charge_amount(params)
    if "currency" in params:
        changes["currency"] = charge_currency(params)
    if "capture_method" in params:
        changes["capture_method"] = _capture_method(params)
    intent.update(changes)
    if params.get("payment_method"):
        _attach(state, intent, params)
    _describe(intent, params)
    return intent


def wrong_state(intent: Body, refused: str) -> Refusal:
    return unfit(
        f"This PaymentIntent has a status of {intent['status']}: {refused}.",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )


def confirm(state: State, intent: Body, params: Params) -> Body:
    """POST .../confirm: charge the card, or ask for 3-D Secure first. Raises 402 on a decline."""
    allow_only(params, CONFIRM)
    if intent["status"] not in OPEN:
        raise wrong_state(intent, "it cannot be confirmed")
    _require_return_url(state, intent, params)
    method = _card_to_charge(state, intent, params)
    _describe(intent, params)
    intent.update(payment_method=method["id"], last_payment_error=None, next_action=None)
    if charges.card_of(state, method).challenge:
        return _ask_for_authentication(state, intent, params)
    return charges.authorise(state, intent, method)


def _require_return_url(state: State, intent: Body, params: Params) -> None:
    """Redirecting payment methods are on unless the shop says otherwise; they need a way back."""
    automatic = intent["automatic_payment_methods"] or {}
    token = state.objects.get(params.get("confirmation_token", ""), {})
    if (
        automatic.get("enabled")
        and automatic["allow_redirects"] == "always"
        and not (params.get("return_url") or token.get("return_url"))
    ):
        raise malformed(
            "This PaymentIntent accepts payment methods that may redirect the customer: give a "
            "`return_url`, or create it with automatic_payment_methods[allow_redirects]=never.",
            param="return_url",
        )


def _card_to_charge(state: State, intent: Body, params: Params) -> Body:
    if params.get("confirmation_token"):
        return tokens.use_token(state, params["confirmation_token"], intent)
    if "payment_method_data" in params:
        return tokens.create_payment_method(state, table(params, "payment_method_data"))
    if params.get("payment_method"):
        return tokens.payment_method_called(state, params["payment_method"])
    if intent["payment_method"]:
        return state.objects[intent["payment_method"]]
    raise wrong_state(intent, "it has no payment method to confirm with")


def _ask_for_authentication(state: State, intent: Body, params: Params) -> Body:
    if params.get("off_session") == "true" or flag(params, "error_on_requires_action"):
        required = Decline("authentication_required", "authentication_required")
        charges.refuse_card(state, intent, required)
    intent.update(
        status="requires_action",
        next_action={
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "stripe_3ds2_challenge"},
        },
    )
    emit(state, "payment_intent.requires_action", intent)
    return intent


def authenticate(state: State, intent: Body, *, accept: bool) -> Body:
    """What the shopper does on the bank's 3-D Secure page.

    A card that is declined after the challenge leaves the reason in `last_payment_error`.
    """
    if intent["status"] != "requires_action":
        raise wrong_state(intent, "there is nothing to authenticate")
    method = state.objects[intent["payment_method"]]
    if not accept:
        charges.refuse_authentication(state, intent)
        return intent
    try:
        return charges.authorise(state, intent, method, challenged=True)
    except Refusal:
        return intent


def capture(state: State, intent: Body, params: Params) -> Body:
    """POST .../capture: all of the hold, or `amount_to_capture` cents of it."""
    allow_only(params, CAPTURE)
    if intent["status"] != "requires_capture":
        raise wrong_state(intent, "it cannot be captured")
    if params.get("final_capture") == "false":
        raise malformed("This card cannot be captured more than once.", param="final_capture")
    amount = whole_number(params, "amount_to_capture")
    amount = intent["amount_capturable"] if amount is None else amount
    if amount < 1:
        raise malformed("Invalid positive integer", param="amount_to_capture")
    if amount > intent["amount_capturable"]:
        raise unfit(
            "The amount to capture is greater than the amount that can be captured.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    _describe(intent, {k: v for k, v in params.items() if k in DESCRIBING})
    return charges.capture(state, intent, amount)


def cancel(state: State, intent: Body, params: Params) -> Body:
    """POST .../cancel: give a hold back; money that was captured must be refunded instead."""
    allow_only(params, {"cancellation_reason"})
    reason = params.get("cancellation_reason")
    if reason not in CANCEL_REASONS:
        raise malformed(f"Invalid cancellation_reason: {reason}", param="cancellation_reason")
    if intent["status"] not in (*OPEN, "requires_capture"):
        raise wrong_state(intent, "it cannot be canceled")
    if intent["status"] == "requires_capture":
        charges.release(state, intent)
    return _end(state, intent, reason)


def expire(state: State, intent: Body) -> Body:
    """What Stripe does once `capture_before` has passed without a capture."""
    if intent["status"] != "requires_capture":
        raise wrong_state(intent, "there is no hold to expire")
    charges.release(state, intent, reason="expired_uncaptured_charge")
    return _end(state, intent, "automatic")


def _end(state: State, intent: Body, reason: str | None) -> Body:
    intent.update(
        status="canceled", canceled_at=now(), cancellation_reason=reason, next_action=None
    )
    emit(state, "payment_intent.canceled", intent)
    return intent
