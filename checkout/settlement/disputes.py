"""Disputes: the cardholder complains to their bank, which takes the money away until it decides.

Only staff can answer one, in Stripe's dashboard and within days. So both ends of it are told, and
each time that the bank wants another answer: an inquiry may become a dispute, a won one an appeal.
"""

from django.utils.translation import gettext as _

from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import StripeEvent
from checkout.payment.stripe_gateway import Dispute
from checkout.settlement.alerts import alert, note
from microflight.core.money import from_cents

OPENED = "charge.dispute.created"
UPDATED = "charge.dispute.updated"
CLOSED = "charge.dispute.closed"
WITHDRAWN = "charge.dispute.funds_withdrawn"
REINSTATED = "charge.dispute.funds_reinstated"
ENDS = {
    "won": "The dispute is won: Stripe pays the money back to the shop",
    "lost": "The dispute is lost: the cardholder keeps the money, do not refund it as well",
    "warning_closed": "The cardholder's bank asked about this payment, and is satisfied",
}
#: Statuses in which the bank waits for nothing any more.
OVER = (*ENDS, "prevented")
DISPUTES = (OPENED, UPDATED, CLOSED, WITHDRAWN, REINSTATED)


def tell_of_dispute(order: Order, event: StripeEvent) -> None:
    """Tell staff what became of a dispute, as Stripe has it now. Raises GatewayError."""
    dispute = gateway.retrieve_dispute(event.object_id)
    amount = f"{from_cents(dispute.amount)} {dispute.currency}"
    if event.type == CLOSED or (event.type == OPENED and dispute.status in OVER):
        alert(order, _closed(dispute, amount))  # an event that came late has nothing to answer
    elif event.type == OPENED:
        alert(order, _opened(dispute, amount))
    elif event.type == UPDATED:
        _tell_of_update(order, dispute, amount)
    elif event.type == WITHDRAWN:
        note(order, f"Stripe withdrew {amount} for the dispute {dispute.id}.")
    else:
        note(order, f"Stripe gave {amount} back to the shop after the dispute {dispute.id}.")


def _tell_of_update(order: Order, dispute: Dispute, amount: str) -> None:
    """Alert staff again only where the bank waits for something new; evidence changes it too."""
    if dispute.status == "appeal_needs_response":
        text = _(
            "The cardholder's bank appeals the dispute {id}: {amount}, {reason}. "
            "Answer in Stripe's dashboard before the bank's date."
        )
        alert(order, text.format(id=dispute.id, amount=amount, reason=dispute.reason))
    elif dispute.needs_response:
        alert(order, _opened(dispute, amount))
    else:
        text = _("The dispute {id} is now {status}.")
        note(order, text.format(id=dispute.id, status=dispute.status.replace("_", " ")))


def _opened(dispute: Dispute, amount: str) -> str:
    if dispute.is_inquiry:
        return (
            f"The cardholder's bank asks about {amount} of this payment ({dispute.id}, "
            f"{dispute.reason}). Answer in Stripe's dashboard, before it becomes a dispute."
        )
    return (
        f"The cardholder disputes this payment at Stripe ({dispute.id}): {amount}, "
        f"{dispute.reason}. Answer in Stripe's dashboard before the bank's date."
    )


def _closed(dispute: Dispute, amount: str) -> str:
    end = ENDS.get(dispute.status, "The dispute is over: see Stripe's dashboard")
    return f"{end} ({dispute.id}, {amount})."
