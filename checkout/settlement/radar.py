"""Fraud warnings and reviews of Stripe Radar.

Staff must decide, and a refund only helps before the cardholder disputes the payment. An event
only says that an object changed, so alerts describe the object as it is now.
"""

from django.utils.translation import gettext as _

from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import StripeEvent
from checkout.settlement.alerts import alert, note

WARNINGS = ("radar.early_fraud_warning.created", "radar.early_fraud_warning.updated")
REVIEWS = ("review.opened", "review.closed")
RADAR = (*WARNINGS, *REVIEWS)
#: Reasons for which a review closes with an approval.
_APPROVED = ("approved", "acknowledged")


def notify_radar_event(order: Order, event: StripeEvent) -> None:
    """Alert staff, once, to a fraud warning or review as it is now. Raises GatewayError."""
    if event.type in WARNINGS:
        _notify_warning(order, event.object_id)
    else:
        _notify_review(order, event.object_id)


def _notify_warning(order: Order, warning_id: str) -> None:
    warning = gateway.retrieve_fraud_warning(warning_id)
    if not warning.actionable:
        text = _(
            "The early fraud warning {id} needs no action: the payment is refunded or disputed."
        )
        note(order, text.format(id=warning.id))
        return
    text = _(
        "Early fraud warning from the card's bank ({id}, {type}). Do not ship remaining items. "
        "Refund this payment in full before it becomes a dispute, unless you are sure that the "
        "cardholder placed the order."
    )
    alert(order, text.format(id=warning.id, type=warning.fraud_type))


def _notify_review(order: Order, review_id: str) -> None:
    review = gateway.retrieve_review(review_id)
    if review.open:
        text = _(
            "Stripe Radar asks you to review this payment ({id}, {reason}). Do not ship yet: check "
            "it in Stripe's Dashboard, then approve it there, or cancel this order here."
        )
    elif review.reason in _APPROVED:
        text = _("Stripe's review of this payment is closed ({id}, {reason}). The order may ship.")
    else:
        text = _(
            "Stripe's review of this payment is closed ({id}, {reason}). Do not ship remaining "
            "items."
        )
    alert(order, text.format(id=review.id, reason=review.reason.replace("_", " ")))
