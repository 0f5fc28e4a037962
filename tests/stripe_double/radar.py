"""Radar: early fraud warnings from card issuers, and reviews of suspicious payments."""

from .errors import unfit
from .events import emit
from .objects import new_object
from .state import Body, State

WARNING = "radar.early_fraud_warning"
FRAUD_TYPES = (
    "card_never_received",
    "fraudulent_card_application",
    "made_with_counterfeit_card",
    "made_with_lost_card",
    "made_with_stolen_card",
    "misc",
    "unauthorized_use_of_card",
)
OPENED = ("manual", "rule")
CLOSED = (
    "acknowledged",
    "approved",
    "canceled",
    "disputed",
    "payment_never_settled",
    "redacted",
    "refunded",
    "refunded_as_fraud",
)


def new_warning(charge_body: Body, *, fraud_type: str) -> Body:
    """A card issuer's report of suspected fraud, which often precedes a dispute."""
    return new_object(
        "radar.early_fraud_warning",
        "issfr",
        actionable=not (charge_body["disputed"] or charge_body["refunded"]),
        charge=charge_body["id"],
        fraud_type=fraud_type,
        livemode=False,
        payment_intent=charge_body["payment_intent"],
    )


def new_review(charge_body: Body, *, opened_reason: str) -> Body:
    """A payment that a Radar rule or a person put up for review: `rule` or `manual`."""
    address = charge_body["billing_details"]["address"] or {}
    return new_object(
        "review",
        "prv",
        billing_zip=address.get("postal_code"),
        charge=charge_body["id"],
        closed_reason=None,
        ip_address=None,
        ip_address_location=None,
        livemode=False,
        open=True,
        opened_reason=opened_reason,
        payment_intent=charge_body["payment_intent"],
        reason=opened_reason,
        session=None,
    )


def warn(state: State, charge: Body, *, fraud_type: str = "misc") -> Body:
    """Report suspected fraud on a captured charge; the money stays with the shop for now."""
    if not charge["captured"] or fraud_type not in FRAUD_TYPES:
        raise unfit(f"Charge {charge['id']} cannot get the warning {fraud_type}.")
    warning = state.add(new_warning(charge, fraud_type=fraud_type))
    emit(state, f"{WARNING}.created", warning)
    return warning


def follow_charge(state: State, charge: Body) -> None:
    """After a dispute or a full refund, nothing is left to do about warnings and the review."""
    if not (charge["disputed"] or charge["refunded"]):
        return
    for warning in state.every(WARNING):
        if warning["charge"] == charge["id"] and warning["actionable"]:
            warning["actionable"] = False
            emit(state, f"{WARNING}.updated", warning, {"actionable": True})
    if charge["review"]:
        reason = "disputed" if charge["disputed"] else "refunded"
        close_review(state, state.objects[charge["review"]], reason=reason)


def open_review(state: State, charge: Body, *, reason: str = "rule") -> Body:
    """Put a paid charge up for review, by a Radar `rule` or by hand (`manual`)."""
    if not charge["paid"] or charge["review"] or reason not in OPENED:
        raise unfit(f"Charge {charge['id']} cannot be put up for review ({reason}).")
    review = state.add(new_review(charge, opened_reason=reason))
    charge["review"] = review["id"]
    state.objects[charge["payment_intent"]]["review"] = review["id"]
    emit(state, "review.opened", review)
    return review


def close_review(state: State, review: Body, *, reason: str = "approved") -> Body:
    """End a review: nothing else happens to the payment."""
    if not review["open"] or reason not in CLOSED:
        raise unfit(f"Review {review['id']} cannot be closed ({reason}).")
    before = {"closed_reason": None, "open": True, "reason": review["reason"]}
    review.update(open=False, closed_reason=reason, reason=reason)
    state.objects[review["charge"]]["review"] = None
    state.objects[review["payment_intent"]]["review"] = None
    emit(state, "review.closed", review, before)
    return review
