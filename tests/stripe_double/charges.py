"""Charges: authorize, decline, capture, release.

Since API 2025-03-31.basil the part of a hold that is not captured is released without a trace: no
Refund, no change of `amount_refunded`, no `charge.refunded`. `State.before_basil` brings the older
behaviour back, whose histories accounts still have
(docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow).
"""

import copy
from typing import NoReturn

from . import objects, radar
from .cards import AUTHENTICATION_FAILED, Card, Decline, card_with
from .disputes import dispute_by_card
from .errors import card_refused
from .events import emit
from .objects import AUTHORIZATION_LASTS
from .state import Body, State, now


def card_of(state: State, method: Body) -> Card:
    return card_with(state.card_numbers[method["id"]])


def authorize(state: State, intent: Body, method: Body, *, challenged: bool = False) -> Body:
    """Charge the card: hold the money (manual capture) or take it. Raises 402 on a decline."""
    if state.slow_next:
        state.slow_next -= 1
        intent.update(status="processing", next_action=None)
        emit(state, "payment_intent.processing", intent)
        return intent
    card = card_of(state, method)
    charge = state.add(objects.charge(intent, method, challenged=challenged))
    intent["latest_charge"] = charge["id"]
    if card.decline:
        _decline(state, intent, charge, card.decline)
    charge["outcome"] = _outcome(None)
    if card.review:
        charge["outcome"].update(risk_level="elevated", risk_score=70)
    charge.update(status="succeeded", paid=True)
    intent.update(next_action=None, last_payment_error=None)
    if intent["capture_method"] == "manual":
        details = charge["payment_method_details"]["card"]
        details["capture_before"] = now() + AUTHORIZATION_LASTS
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        emit(state, "charge.succeeded", charge)
        emit(state, "payment_intent.amount_capturable_updated", intent)
    else:
        _take_at_once(state, intent, charge)
        dispute_by_card(state, charge, card)
    if card.review:
        radar.open_review(state, charge)
    return intent


def _take_at_once(state: State, intent: Body, charge: Body) -> None:
    """Capture right after the authorization.

    `automatic_async`, the default, moves the balance a moment later and reports it as
    `charge.updated` (docs.stripe.com/payments/payment-intents/asynchronous-capture).
    """
    _take(intent, charge, intent["amount"])
    is_async = intent["capture_method"] == "automatic_async"
    if not is_async:
        _move_balance(state, charge)
    emit(state, "charge.succeeded", charge)
    emit(state, "payment_intent.succeeded", intent)
    if is_async:
        _move_balance(state, charge)
        emit(state, "charge.updated", charge, {"balance_transaction": None})


def _outcome(decline: Decline | None) -> Body:
    if decline is None:
        network, kind, reason = "approved_by_network", "authorized", None
        message = "Payment complete."
    elif decline.decline_code == "fraudulent":
        network, kind, reason = "not_sent_to_network", "blocked", "highest_risk_level"
        message = "Stripe blocked this payment as too risky."
    else:
        network, kind, reason = "declined_by_network", "issuer_declined", decline.decline_code
        message = "The bank did not return any further details with this decline."
    blocked = kind == "blocked"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "highest" if blocked else "normal",
        "risk_score": 90 if blocked else 20,
        "seller_message": message,
        "type": kind,
    }


def _decline(state: State, intent: Body, charge: Body, decline: Decline) -> NoReturn:
    charge["outcome"] = _outcome(decline)
    charge.update(failure_code=decline.code, failure_message=decline.message)
    emit(state, "charge.failed", charge)
    refuse_card(state, intent, decline, charge_id=charge["id"])


def refuse_card(
    state: State, intent: Body, decline: Decline, charge_id: str | None = None
) -> NoReturn:
    """Put the intent back to `requires_payment_method` and raise the 402 that says why."""
    method = copy.deepcopy(state.objects[intent["payment_method"]])
    refusal = card_refused(
        decline.message,
        code=decline.code,
        decline_code=decline.decline_code,
        charge=charge_id,
        doc_url=f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        payment_method=method,
    )
    fail(state, intent, dict(refusal.body["error"]))
    refusal.body["error"]["payment_intent"] = copy.deepcopy(intent)
    raise refusal


def fail(state: State, intent: Body, error: Body) -> None:
    """Store the error on the intent, which has no card again, and emit the event.

    The failure of the last confirmation that Stripe allows ends the intent.
    """
    intent.update(
        status="requires_payment_method",
        last_payment_error=error,
        next_action=None,
        payment_method=None,
    )
    emit(state, "payment_intent.payment_failed", intent)
    if is_exhausted(state, intent):
        end(state, intent, "automatic")


def is_exhausted(state: State, intent: Body) -> bool:
    """Whether the intent was confirmed as often as Stripe allows.

    Source: the docstring of `PaymentIntent.confirm` in stripe-python: there is a variable upper
    limit; the payment that fails at it, or any further call, cancels the intent. It does not say
    with which reason: `automatic` is the only one of Stripe's own that fits.
    """
    return state.confirmations.get(intent["id"], 0) >= state.most_confirmations


def end(state: State, intent: Body, reason: str | None) -> Body:
    """Cancel an intent that holds no money."""
    intent.update(
        status="canceled", canceled_at=now(), cancellation_reason=reason, next_action=None
    )
    emit(state, "payment_intent.canceled", intent)
    return intent


def refuse_authentication(state: State, intent: Body) -> None:
    """The shopper did not pass 3-D Secure: no charge was made."""
    error = {
        "code": "payment_intent_authentication_failure",
        "message": AUTHENTICATION_FAILED,
        "payment_method": copy.deepcopy(state.objects[intent["payment_method"]]),
        "type": "invalid_request_error",
    }
    fail(state, intent, error)


def refuse_late(state: State, intent: Body) -> None:
    """The bank declined a payment that it was processing: no charge was made."""
    error = {
        "code": "payment_intent_payment_attempt_failed",
        "message": "The payment failed.",
        "payment_method": copy.deepcopy(state.objects[intent["payment_method"]]),
        "type": "card_error",
    }
    fail(state, intent, error)


def capture(state: State, intent: Body, amount: int) -> Body:
    """Capture `amount` cents of the hold and release the rest."""
    charge = state.objects[intent["latest_charge"]]
    rest = intent["amount_capturable"] - amount
    _take(intent, charge, amount)
    _move_balance(state, charge)
    if rest and state.before_basil:
        _book_release(state, charge, rest)
        emit(state, "charge.refunded", charge)
    emit(state, "charge.captured", charge)
    emit(state, "payment_intent.succeeded", intent)
    dispute_by_card(state, charge, card_of(state, state.objects[charge["payment_method"]]))
    return intent


def _take(intent: Body, charge: Body, amount: int) -> None:
    charge.update(captured=True, amount_captured=amount)
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)


def _move_balance(state: State, charge: Body) -> None:
    """Book a capture on the balance; before basil the balance moved by all that was held."""
    moved = charge["amount"] if state.before_basil else charge["amount_captured"]
    transaction = state.add(objects.balance_transaction(charge, amount=moved))
    charge["balance_transaction"] = transaction["id"]


def release(state: State, intent: Body) -> None:
    """Release a whole hold, as cancelling does."""
    charge = state.objects[intent["latest_charge"]]
    if state.before_basil:
        _book_release(state, charge, intent["amount_capturable"])
        emit(state, "charge.refunded", charge)
    intent["amount_capturable"] = 0
    _close_review(state, charge)


def expire(state: State, intent: Body) -> Body:
    """Release a hold that was not captured in time, and cancel its intent."""
    charge = state.objects[intent["latest_charge"]]
    if state.before_basil:
        reason = "expired_uncaptured_charge"
        _book_release(state, charge, intent["amount_capturable"], reason=reason)
    intent["amount_capturable"] = 0
    emit(state, "charge.expired", charge)
    _close_review(state, charge)
    return end(state, intent, "automatic" if state.before_basil else "expired")


def _close_review(state: State, charge: Body) -> None:
    if charge["review"]:
        reason = "refunded" if state.before_basil else "canceled"
        radar.close_review(state, state.objects[charge["review"]], reason=reason)


def _book_release(state: State, charge: Body, amount: int, reason: str | None = None) -> None:
    """Before basil, money that was held and never captured was booked as a refund."""
    state.add(objects.refund(charge, amount=amount, status="succeeded", reason=reason))
    state.releases[charge["id"]] = amount
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
