"""Disputes: the cardholder complains to their bank, which withdraws the money until it decides.

Staff must respond in Stripe's dashboard within days. So they are alerted when a dispute opens and
closes, and whenever the bank needs a response: an inquiry may become a dispute or an appeal.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
WON = "won"
ENDS = {
    WON: gettext_lazy("We won the dispute: Stripe returns the money to the shop"),
    "lost": gettext_lazy("We lost the dispute: the cardholder keeps the money. Do not refund it"),
    "warning_closed": gettext_lazy("The bank closed its inquiry about this payment"),
}
#: Statuses of a dispute that is closed.
OVER = (*ENDS, "prevented")
DISPUTES = (OPENED, UPDATED, CLOSED, WITHDRAWN, REINSTATED)


def notify_dispute(order: Order, event: StripeEvent) -> None:
    """Alert staff to a dispute's current state at Stripe. Raises GatewayError."""
    dispute = gateway.retrieve_dispute(event.object_id)
    if dispute.status == WON:
        order.attempts.update(disputed_at=None)
    amount = f"{from_cents(dispute.amount)} {dispute.currency}"
    if event.type == CLOSED or (event.type == OPENED and dispute.status in OVER):
        alert(order, _closed(dispute, amount))  # a late event needs no response
    elif event.type == OPENED:
        alert(order, _opened(dispute, amount))
    elif event.type == UPDATED:
        _notify_update(order, dispute, amount)
    elif event.type == WITHDRAWN:
        text = _("Stripe withdrew {amount} for dispute {id}.")
        note(order, text.format(amount=amount, id=dispute.id))
    else:
        text = _("Stripe returned {amount} to the shop after dispute {id}.")
        note(order, text.format(amount=amount, id=dispute.id))


def _notify_update(order: Order, dispute: Dispute, amount: str) -> None:
    """Alert staff only if the bank needs a new response; adding evidence is an update, too."""
    if dispute.status == "appeal_needs_response":
        text = _(
            "The cardholder's bank appeals dispute {id}: {amount}, {reason}. "
            "Respond in Stripe's dashboard before the due date."
        )
        alert(order, text.format(id=dispute.id, amount=amount, reason=dispute.reason))
    elif dispute.needs_response:
        alert(order, _opened(dispute, amount))
    else:
        text = _("Dispute {id} is now {status}.")
        note(order, text.format(id=dispute.id, status=dispute.status.replace("_", " ")))


def _opened(dispute: Dispute, amount: str) -> str:
    text = _(
        "The cardholder disputes this payment ({id}): {amount}, {reason}. "
        "Respond in Stripe's dashboard before the due date."
    )
    if dispute.is_inquiry:
        text = _(
            "The cardholder's bank inquires about {amount} of this payment ({id}, {reason}). "
            "Respond in Stripe's dashboard before it becomes a dispute."
        )
    return text.format(id=dispute.id, amount=amount, reason=dispute.reason)


def _closed(dispute: Dispute, amount: str) -> str:
    end = ENDS.get(dispute.status, _("The dispute is closed. See Stripe's dashboard"))
    return f"{end} ({dispute.id}, {amount})."
