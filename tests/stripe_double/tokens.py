"""Cards as typed in: payment methods, and the confirmation tokens that carry them once."""

import re
import time

from . import objects
from .cards import READY_MADE, card_with, passes_luhn
from .errors import card_refused, malformed, unfit, unknown_object
from .params import Params, required, table, whole_number
from .state import Body, State, now


def create_payment_method(state: State, data: Params) -> Body:
    """Keep a card. Raises 402 for a number or date that no card can have."""
    required(data, "type")
    details, billing = table(data, "card"), table(data, "billing_details")
    if not re.fullmatch(r"[^\s@]+@[^\s@]+", str(billing.get("email") or "a@b")):
        raise malformed(
            f"Invalid email address: {billing['email']}",
            code="email_invalid",
            param="billing_details[email]",
        )
    number = _checked_number(details)
    month, year = _checked_expiry(details)
    method = objects.payment_method(
        card_with(number),
        exp_month=month,
        exp_year=year,
        cvc_given=_checked_cvc(details, number),
        billing=billing,
    )
    state.card_numbers[method["id"]] = number
    return state.add(method)


def _checked_number(details: Params) -> str:
    number = re.sub(r"[ -]", "", str(details.get("number", "")))
    if not re.fullmatch(r"\d{13,19}", number, re.ASCII) or not passes_luhn(number):
        raise card_refused(
            "Your card number is incorrect.", code="incorrect_number", param="number"
        )
    return number


def _checked_expiry(details: Params) -> tuple[int, int]:
    month = whole_number(details, "exp_month") or 0
    year = whole_number(details, "exp_year") or 0
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise card_refused(
            "Your card's expiration month is invalid.",
            code="invalid_expiry_month",
            param="exp_month",
        )
    today = _this_month()
    if (year, month) < today or year > today[0] + 50:
        raise card_refused(
            "Your card's expiration year is invalid.",
            code="invalid_expiry_year",
            param="exp_year",
        )
    return month, year


def _this_month() -> tuple[int, int]:
    today = time.gmtime(now())
    return today.tm_year, today.tm_mon


def _checked_cvc(details: Params, number: str) -> bool:
    """Whether a security code was given; raises 402 if it cannot be one."""
    cvc = details.get("cvc")
    if cvc is None:
        return False
    digits = 4 if card_with(number).brand == "amex" else 3
    if not re.fullmatch(rf"\d{{3,{digits}}}", str(cvc), re.ASCII):
        raise card_refused("Your card's security code is invalid.", code="invalid_cvc", param="cvc")
    return True


def payment_method_called(state: State, method_id: str) -> Body:
    """A payment method by id; the ready-made `pm_card_...` become a new one each time."""
    number = READY_MADE.get(method_id)
    if number is None:
        return state.find("payment_method", method_id, "payment_method")
    card = {"number": number, "exp_month": "12", "exp_year": "34", "cvc": "123"}
    return create_payment_method(state, {"type": "card", "card": card})


def create_token(state: State, params: Params) -> Body:
    """POST /v1/confirmation_tokens (stripe.js) and /v1/test_helpers/confirmation_tokens."""
    if "payment_method_data" in params:
        method = create_payment_method(state, table(params, "payment_method_data"))
    else:
        method = payment_method_called(state, str(required(params, "payment_method")))
    token = objects.confirmation_token(
        method,
        return_url=params.get("return_url"),
        shipping=objects.shipping(table(params, "shipping")),
    )
    state.token_cards[token["id"]] = method["id"]
    state.expectations[token["id"]] = table(params, "element")
    return state.add(token)


def use_token(state: State, token_id: str, intent: Body) -> Body:
    """The payment method of a token, which is thereby used up.

    Raises 400 for a token that was used, is too old, or was made for another amount, currency
    or way of capture than the intent's (docs.stripe.com/payments/finalize-payments-on-the-server).
    """
    token = state.objects.get(token_id)
    if token is None or token["object"] != "confirmation_token":
        raise unknown_object("confirmation_token", token_id, "confirmation_token")
    if token["payment_intent"]:
        raise unfit(
            "This ConfirmationToken was already used and cannot be used again.",
            code="token_already_used",
            param="confirmation_token",
        )
    if token["expires_at"] and token["expires_at"] < now():
        raise unfit("This ConfirmationToken has expired.", param="confirmation_token")
    _compare_with_page(state.expectations.get(token_id, {}), intent)
    token["payment_intent"] = intent["id"]
    return state.objects[state.token_cards[token_id]]


def _compare_with_page(expected: Body, intent: Body) -> None:
    for name in ("amount", "currency", "capture_method"):
        if name in expected and str(expected[name]) != str(intent[name]):
            raise unfit(
                f"The {name} of the PaymentIntent ({intent[name]}) is not the one that the "
                f"Payment Element was given ({expected[name]}).",
                code="intent_invalid_state",
                param=name,
            )
