"""Disputes: opened by the shopper's bank, closed by it too."""

from . import objects, radar
from .cards import Card
from .errors import unfit
from .events import emit
from .state import Body, State

#: Statuses that are not a dispute's end.
OPEN = (
    "warning_needs_response",
    "warning_under_review",
    "needs_response",
    "under_review",
    "appeal_needs_response",
    "appeal_under_review",
)


def open_dispute(
    state: State, charge: Body, *, reason: str = "fraudulent", inquiry: bool = False
) -> Body:
    """Dispute a captured charge; an inquiry asks only, a dispute withdraws the money."""
    if not charge["captured"] or charge["disputed"]:
        raise unfit(f"Charge {charge['id']} cannot be disputed.")
    charge["disputed"] = True
    status = "warning_needs_response" if inquiry else "needs_response"
    dispute = state.add(objects.dispute(charge, reason=reason, status=status))
    emit(state, "charge.dispute.created", dispute)
    if not inquiry:
        emit(state, "charge.dispute.funds_withdrawn", dispute)
    radar.follow_charge(state, charge)
    return dispute


def update_dispute(state: State, dispute: Body, *, status: str) -> Body:
    """Move a dispute to a status that is not its end; an inquiry that becomes a dispute then
    withdraws the money."""
    if status not in OPEN or status == dispute["status"]:
        raise unfit(f"Dispute {dispute['id']} cannot be moved to {status}.")
    before = dispute["status"]
    escalated = before.startswith("warning_") and not status.startswith("warning_")
    dispute["status"] = status
    emit(state, "charge.dispute.updated", dispute, {"status": before})
    if escalated:
        dispute["is_charge_refundable"] = False
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
        emit(state, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(state: State, dispute: Body, *, won: bool) -> Body:
    """End a dispute: won gives the money back; an inquiry is only closed."""
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise unfit(f"Dispute {dispute['id']} is closed already.")
    inquiry = dispute["status"].startswith("warning_")
    before = dispute["status"]
    dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
    dispute["is_charge_refundable"] = inquiry or won
    emit(state, "charge.dispute.closed", dispute, {"status": before})
    if won and not inquiry:
        emit(state, "charge.dispute.funds_reinstated", dispute)
    return dispute


def dispute_by_card(state: State, charge: Body, card: Card) -> None:
    """Open what some test cards bring with them once the money is taken: a dispute, or the
    bank's early fraud warning."""
    if card.warning:
        radar.warn(state, charge, fraud_type=card.warning)
    if card.dispute:
        open_dispute(state, charge, reason=card.dispute, inquiry=card.inquiry)


def dispute_over(state: State, charge: Body) -> Body | None:
    """The dispute of a charge, if there is one."""
    matches = (body for body in state.every("dispute") if body["charge"] == charge["id"])
    return next(matches, None)
