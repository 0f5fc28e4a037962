"""Disputes: opened by the shopper's bank, closed by it too."""

from . import radar
from .cards import Card
from .errors import unfit
from .events import emit
from .objects import new_object
from .state import Body, State, now

EVIDENCE_WITHIN = 7 * 86_400  # seconds to answer a dispute
EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
NO_EVIDENCE: Body = {
    "enhanced_eligibility": {},
    "has_evidence": False,
    "past_due": False,
    "submission_count": 0,
    "submission_method": "not_submitted",
}

#: Statuses that are not a dispute's end.
OPEN = (
    "warning_needs_response",
    "warning_under_review",
    "needs_response",
    "under_review",
    "appeal_needs_response",
    "appeal_under_review",
)


def new_dispute(charge_body: Body, *, reason: str, status: str) -> Body:
    """A dispute of what was captured, or an inquiry (a status with `warning_`)."""
    card = charge_body["payment_method_details"]["card"]
    is_inquiry = status.startswith("warning_")
    return new_object(
        "dispute",
        "du",
        amount=charge_body["amount_captured"],
        balance_transactions=[],
        charge=charge_body["id"],
        currency=charge_body["currency"],
        enhanced_eligibility_types=[],
        evidence=dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        evidence_details=dict(NO_EVIDENCE, due_by=now() + EVIDENCE_WITHIN),
        intended_submission_method=None,
        is_charge_refundable=is_inquiry,
        livemode=False,
        metadata={},
        payment_intent=charge_body["payment_intent"],
        payment_method_details={
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if is_inquiry else "chargeback",
                "network": card["network"],
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        reason=reason,
        status=status,
    )


def open_dispute(
    state: State, charge: Body, *, reason: str = "fraudulent", inquiry: bool = False
) -> Body:
    """Dispute a captured charge; an inquiry asks only, a dispute withdraws the money."""
    if not charge["captured"] or charge["disputed"]:
        raise unfit(f"Charge {charge['id']} cannot be disputed.")
    charge["disputed"] = True
    status = "warning_needs_response" if inquiry else "needs_response"
    dispute = state.add(new_dispute(charge, reason=reason, status=status))
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
    """Open the dispute or early fraud warning of some test cards after a capture."""
    if card.warning:
        radar.warn(state, charge, fraud_type=card.warning)
    if card.dispute:
        open_dispute(state, charge, reason=card.dispute, inquiry=card.inquiry)


def dispute_over(state: State, charge: Body) -> Body | None:
    """The dispute of a charge, if there is one."""
    matches = (body for body in state.every("dispute") if body["charge"] == charge["id"])
    return next(matches, None)
