"""Refunds: at most what was captured; some fail."""

from . import objects, radar
from .cards import card_with
from .disputes import dispute_over
from .errors import malformed, unfit
from .events import emit
from .params import Params, metadata, whole_number
from .state import Body, State


def create_refund(state: State, params: Params) -> Body:
    """POST /v1/refunds: give back `amount` cents, or all that is left of the charge.

    A refund that will fail succeeds in this answer, and fails right after it.
    """
    charge = _charge_to_refund(state, params)
    _refuse_if_disputed(state, charge)
    amount = _amount_to_refund(state, charge, whole_number(params, "amount"))
    card = card_with(state.card_numbers[charge["payment_method"]])
    refund = state.add(
        objects.refund(
            charge,
            amount=amount,
            status="pending" if card.refund == "pending" else "succeeded",
            reason=params.get("reason"),
            metadata=metadata({}, params),
        )
    )
    _book(state, charge, amount)
    emit(state, "refund.created", refund)
    emit(state, "charge.refunded", charge)
    radar.follow_charge(state, charge)
    answer = dict(refund)
    if card.refund == "failed":
        finish_refund(state, refund, succeeded=False)
    return answer


def _charge_to_refund(state: State, params: Params) -> Body:
    if params.get("charge"):
        charge = state.find("charge", params["charge"], "charge")
    elif params.get("payment_intent"):
        intent = state.find("payment_intent", params["payment_intent"], "payment_intent")
        charge = state.objects.get(intent["latest_charge"] or "", {})
    else:
        raise malformed(
            "One of the following params should be provided for this request: "
            "payment_intent or charge.",
            code="parameter_missing",
        )
    if not charge.get("captured"):
        raise unfit(
            "This PaymentIntent does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
        )
    return charge


def _refuse_if_disputed(state: State, charge: Body) -> None:
    dispute = dispute_over(state, charge)
    if dispute and not dispute["is_charge_refundable"]:
        raise unfit(f"Charge {charge['id']} has been charged back.", code="charge_disputed")


def refundable(state: State, charge: Body) -> int:
    """Cents that were captured and not refunded yet."""
    refunded = charge["amount_refunded"] - state.releases.get(charge["id"], 0)
    return int(charge["amount_captured"] - refunded)


def _amount_to_refund(state: State, charge: Body, amount: int | None) -> int:
    left = refundable(state, charge)
    if left == 0:
        raise unfit(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if amount is None:
        return left
    if amount < 1:
        raise malformed("Invalid positive integer", param="amount")
    if amount > left:
        raise unfit(
            f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge "
            f"(${left / 100:.2f})",
            param="amount",
        )
    return amount


def _book(state: State, charge: Body, amount: int) -> None:
    """Count a refund on its charge; a negative amount takes a failed one back."""
    charge["amount_refunded"] += amount
    charge["refunded"] = refundable(state, charge) == 0


def finish_refund(state: State, refund: Body, *, succeeded: bool) -> Body:
    """Let the bank answer: a pending refund arrives, or a refund comes back as failed."""
    if refund["status"] == "failed":
        raise unfit(f"Refund {refund['id']} has failed already.")
    before = refund["status"]
    if succeeded:
        refund["status"] = "succeeded"
    else:
        refund.update(status="failed", failure_reason="expired_or_canceled_card")
        _book(state, state.objects[refund["charge"]], -refund["amount"])
    for kind in ("refund.updated", "charge.refund.updated"):  # the older name is sent too
        emit(state, kind, refund, {"status": before})
    if not succeeded:
        emit(state, "refund.failed", refund)
    return refund
