"""Radar: the card's bank, or Stripe itself, suspects that the cardholder did not place the order.

Only staff can decide, and a refund helps only before the cardholder disputes the payment. Stripe
sends each event for a change of one object, so the object is looked up and its present state told.
"""

from django.utils.translation import gettext as _

from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import StripeEvent
from checkout.settlement.alerts import alert, note

WARNINGS = ("radar.early_fraud_warning.created", "radar.early_fraud_warning.updated")
REVIEWS = ("review.opened", "review.closed")
RADAR = (*WARNINGS, *REVIEWS)
#: Why a review closes where staff found the payment good.
_GOOD = ("approved", "acknowledged")


def tell_of_radar(order: Order, event: StripeEvent) -> None:
    """Alert staff, once, to a suspicion of fraud as Stripe has it now. Raises GatewayError."""
    if event.type in WARNINGS:
        _tell_of_warning(order, event.object_id)
    else:
        _tell_of_review(order, event.object_id)


def _tell_of_warning(order: Order, warning_id: str) -> None:
    warning = gateway.retrieve_fraud_warning(warning_id)
    if not warning.actionable:
        text = _(
            "The early fraud warning {id} needs no action: the payment is refunded or disputed."
        )
        note(order, text.format(id=warning.id))
        return
    text = _(
        "Early fraud warning from the card's bank ({id}, {type}). Do not ship what has not left. "
        "Refund this payment in full before it becomes a dispute, unless you are sure that the "
        "cardholder placed the order."
    )
    alert(order, text.format(id=warning.id, type=warning.fraud_type))


def _tell_of_review(order: Order, review_id: str) -> None:
    review = gateway.retrieve_review(review_id)
    if review.open:
        text = _(
            "Stripe Radar asks you to review this payment ({id}, {reason}). Do not ship yet: check "
            "it in Stripe's Dashboard, then approve it there, or cancel this order here."
        )
    elif review.reason in _GOOD:
        text = _("Stripe's review of this payment is closed ({id}, {reason}). The order may ship.")
    else:
        text = _(
            "Stripe's review of this payment is closed ({id}, {reason}). Do not ship what has not "
            "left."
        )
    alert(order, text.format(id=review.id, reason=review.reason.replace("_", " ")))
