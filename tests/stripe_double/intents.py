"""Payment intents: from creation to capture or cancellation."""

import copy

from . import accepted, charges, objects, tokens
from .cards import Decline
from .errors import Refusal, malformed, unfit
from .events import emit
from .params import (
    Params,
    charge_amount,
    charge_currency,
    flag,
    items,
    metadata,
    table,
    whole_number,
)
from .state import Body, State, now

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
DESCRIBING = {"description", "metadata", "receipt_email", "shipping"}
DESCRIBING |= {"statement_descriptor", "statement_descriptor_suffix", "transfer_group"}


def create(state: State, params: Params) -> Body:
    """POST /v1/payment_intents."""
    intent = objects.payment_intent(amount=charge_amount(params), currency=charge_currency(params))
    intent["capture_method"] = params.get("capture_method", "automatic_async")
    _choose_payment_methods(intent, params)
    _describe(intent, params)
    confirming = flag(params, "confirm")
    if confirming:
        _require_return_url(state, intent, params)
    else:
        _attach(state, intent, params)
    state.add(intent)
    emit(state, "payment_intent.created", intent)
    if confirming:
        return confirm(state, intent, {k: v for k, v in params.items() if k in accepted.CONFIRM})
    return intent


def _choose_payment_methods(intent: Body, params: Params) -> None:
    """Named types, or whatever the account has switched on: the default since API 2023-08-16."""
    if kinds := items(params, "allowed_payment_method_types"):
        if "automatic_payment_methods" in params:
            raise malformed(
                "You may only specify one of these parameters: "
                "automatic_payment_methods, allowed_payment_method_types.",
                param="automatic_payment_methods",
            )
        intent.update(allowed_payment_method_types=kinds, payment_method_types=kinds)
        return
    chosen = table(params, "automatic_payment_methods")
    intent["automatic_payment_methods"] = {
        "allow_redirects": chosen.get("allow_redirects", "always"),
        "enabled": chosen.get("enabled", "true") == "true",
    }


def _describe(intent: Body, params: Params) -> None:
    for name in DESCRIBING - {"metadata", "shipping"}:
        if name in params:
            intent[name] = params[name] or None
    if "shipping" in params:
        intent["shipping"] = objects.shipping(table(params, "shipping"))
    intent["metadata"] = metadata(intent["metadata"], params)
    if options := table(params, "payment_method_options"):
        challenge = table(options, "card").get("request_three_d_secure", "automatic")
        intent["payment_method_options"]["card"]["request_three_d_secure"] = challenge


def _card_given(state: State, params: Params) -> Body | None:
    """The card of a request, if it has one."""
    if params.get("payment_method"):
        return tokens.payment_method_called(state, params["payment_method"])
    return None


def _attach(state: State, intent: Body, params: Params) -> None:
    if method := _card_given(state, params):
        intent.update(payment_method=method["id"], status="requires_confirmation")


def update(state: State, intent: Body, params: Params) -> Body:
    """POST /v1/payment_intents/ID: what is charged may change only before it is confirmed."""
    fixed = sorted(set(params) - DESCRIBING)
    if fixed and intent["status"] not in OPEN:
        raise wrong_state(intent, f"its {', '.join(fixed)} could not be updated")
    changes: Body = {}
    if "amount" in params:
        changes["amount"] = charge_amount(params)
    if "currency" in params:
        changes["currency"] = charge_currency(params)
    if "capture_method" in params:
        changes["capture_method"] = params["capture_method"]
    _attach(state, intent, params)
    _describe(intent, params)
    intent.update(changes)
    return intent


def wrong_state(intent: Body, refused: str) -> Refusal:
    return unfit(
        f"This PaymentIntent has a status of {intent['status']}: {refused}.",
        code="payment_intent_unexpected_state",
        payment_intent=copy.deepcopy(intent),
    )


def confirm(state: State, intent: Body, params: Params) -> Body:
    """POST .../confirm: charge the card, or ask for 3-D Secure first. Raises 402 on a decline."""
    if intent["status"] in OPEN and charges.is_exhausted(state, intent):
        charges.end(state, intent, "automatic")
    if intent["status"] not in OPEN:
        raise wrong_state(intent, "it cannot be confirmed")
    _require_return_url(state, intent, params)
    method = _card_to_charge(state, intent, params)
    state.confirmations[intent["id"]] = state.confirmations.get(intent["id"], 0) + 1
    _describe(intent, params)
    intent.update(payment_method=method["id"], last_payment_error=None, next_action=None)
    wish = intent["payment_method_options"]["card"]["request_three_d_secure"]
    if charges.card_of(state, method).challenge or wish != "automatic":
        return _ask_for_authentication(state, intent, params)
    return charges.authorize(state, intent, method)


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
    if method := _card_given(state, params):
        return method
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
        return charges.authorize(state, intent, method, challenged=True)
    except Refusal:
        return intent


def finish(state: State, intent: Body, *, succeeded: bool) -> Body:
    """The bank's decision about a payment that it was processing."""
    if intent["status"] != "processing":
        raise wrong_state(intent, "there is nothing to finish")
    method = state.objects[intent["payment_method"]]
    if succeeded:
        return charges.authorize(state, intent, method)
    charges.refuse_late(state, intent)
    return intent


def capture(state: State, intent: Body, params: Params) -> Body:
    """POST .../capture: all of the hold, or `amount_to_capture` cents of it."""
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


def current(state: State, intent_id: str) -> Body:
    """An intent by id, its hold expired if its time is over."""
    intent = state.find("payment_intent", intent_id, "intent")
    if intent["status"] == "requires_capture":
        charge = state.objects[intent["latest_charge"]]
        if charge["payment_method_details"]["card"]["capture_before"] < now():
            expire(state, intent)
    return intent


def cancel(state: State, intent: Body, params: Params) -> Body:
    """POST .../cancel: release a hold; money that was captured must be refunded instead.

    Stripe cancels an intent that is `processing` in rare cases only: never here
    (docs.stripe.com/api/payment_intents/cancel).
    """
    if intent["status"] not in (*OPEN, "requires_capture"):
        raise wrong_state(intent, "it cannot be canceled")
    if intent["status"] == "requires_capture":
        charges.release(state, intent)
    return charges.end(state, intent, params.get("cancellation_reason") or None)


def expire(state: State, intent: Body) -> Body:
    """What Stripe does once `capture_before` has passed without a capture."""
    if intent["status"] != "requires_capture":
        raise wrong_state(intent, "there is no hold to expire")
    return charges.expire(state, intent)
