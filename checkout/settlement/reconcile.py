"""Jobs that expire unpaid orders, and recover what lost responses and webhooks left open.

Each continues after an error with one order, and returns a line for each change.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAttempt, StripeEvent
from checkout.payment.states import UNDECIDED
from checkout.payment.stripe_gateway import Intent
from checkout.settlement.settle import (
    RELEVANT_EVENTS,
    end_unpaid_order,
    settle,
    settle_event,
    store_event,
)

logger = logging.getLogger(__name__)

#: How far back we look for intents that we have no record of.
LOOK_BACK = timedelta(days=2)
#: How far back we look for undelivered events; Stripe keeps them for 30 days.
EVENTS_LOOK_BACK = timedelta(days=30)
#: A younger intent may be about to be recorded.
ORPHAN_AFTER = timedelta(minutes=10)

#: Our state for each final status at Stripe.
_RECORDED = {
    "requires_capture": (AttemptState.AUTHORIZED,),
    "succeeded": (AttemptState.CAPTURED,),
    "canceled": (AttemptState.CANCELLED,),
}


def expire_orders() -> list[str]:
    """Expire unpaid orders after their payment window; one that is paid at Stripe is placed."""
    overdue = PaymentAttempt.objects.current().filter(
        order__status=OrderState.PENDING, expires_at__lte=timezone.now()
    )
    return [_closed(attempt) for attempt in overdue.select_related("order").order_by("pk")]


def reconcile() -> list[str]:
    """Settle stored and missed events and open attempts, then compare with Stripe's intents."""
    return [
        *_fetch_lost_events(),
        *_settle_events(),
        *_settle_open_attempts(),
        *_compare_with_stripe(),
    ]


def _closed(attempt: PaymentAttempt) -> str:
    try:
        order = end_unpaid_order(attempt.pk)
    except Exception as error:  # continue with the next order
        return _failure(attempt, error)
    return f"order {order.number}: {order.status} after its payment window"


def _fetch_lost_events() -> list[str]:
    """Store undelivered events, the only source for disputes and changes of older payments."""
    try:
        events = gateway.undelivered_events(EVENTS_LOOK_BACK, RELEVANT_EVENTS)
    except gateway.GatewayError as error:
        return [f"Stripe's events could not be read: {error}"]
    intent_ids = {event.intent_id for event in events}
    ours = PaymentAttempt.objects.filter(intent_id__in=intent_ids).values_list(
        "intent_id", flat=True
    )
    known = set(ours)
    for event in events:
        if event.intent_id in known:
            store_event(event)
    return []


def _settle_events() -> list[str]:
    """Settle events that the webhook stored but could not settle."""
    lines = []
    for event in StripeEvent.objects.filter(settled_at=None).order_by("pk"):
        attempt = PaymentAttempt.objects.filter(intent_id=event.intent_id).first()
        if attempt is not None:
            line, done = _settled(attempt, f"event {event.event_id}", event)
            lines.append(line)
            if not done:
                continue
        # without an attempt it is another shop's, or found by _compare_with_stripe
        StripeEvent.objects.filter(pk=event.pk).update(settled_at=timezone.now())
    return lines


def _settle_open_attempts() -> list[str]:
    lines = []
    uncharged = Q(state=AttemptState.AUTHORIZED, order__early_charge_agreed_at__isnull=False)
    still_open = PaymentAttempt.objects.filter(Q(state__in=UNDECIDED) | uncharged)
    for attempt in still_open.exclude(intent_id=None).select_related("order"):
        before = attempt.order.status
        line, done = _settled(attempt, "open attempt")
        if not done or PaymentAttempt.objects.get(pk=attempt.pk).order.status != before:
            lines.append(line)
    return lines


def _compare_with_stripe() -> list[str]:
    """Find intents that we have not recorded, or recorded differently."""
    try:
        intents = gateway.recent_intents(LOOK_BACK)
    except gateway.GatewayError as error:
        return [f"Stripe's list could not be read: {error}"]
    ours = [intent for intent in intents if intent.site == settings.SITE_URL]
    attempts = PaymentAttempt.objects.in_bulk([i.id for i in ours], field_name="intent_id")
    lines = []
    for intent in ours:
        attempt = attempts.get(intent.id)
        if attempt is None:
            lines += _on_orphan(intent)
        elif _is_different(attempt, intent):
            lines.append(_settled(attempt, f"Stripe says {intent.status}")[0])
    return lines


def _is_different(attempt: PaymentAttempt, intent: Intent) -> bool:
    if intent.status == "succeeded" and attempt.state == AttemptState.CANCELLED:
        return False  # refused and refunded
    if intent.status in _RECORDED and attempt.state not in _RECORDED[intent.status]:
        return True
    return intent.refunded != attempt.refunded_cents


def _on_orphan(intent: Intent) -> list[str]:
    """Release an intent without an attempt: Stripe's response was lost."""
    if timezone.now() - intent.created < ORPHAN_AFTER or intent.is_cancelled:
        return []
    still_open = PaymentAttempt.objects.filter(intent_id=None, state=AttemptState.OPEN)
    if intent.attempt in {str(uuid) for uuid in still_open.values_list("uuid", flat=True)}:
        return []  # the customer may press Pay again, which finds it
    name = f"intent {intent.id} of order {intent.order_number or 'unknown'}"
    if intent.status == "succeeded":
        logger.error("%s is captured, but has no payment record.", name)
        return [f"{name}: captured, but without a payment record; see Stripe's dashboard"]
    try:
        gateway.cancel_intent(intent.id)
    except gateway.GatewayError as error:
        return [f"{name}: could not be released: {error}"]
    return [f"{name}: released, since no order has it"]


def _settled(
    attempt: PaymentAttempt, why: str, event: StripeEvent | None = None
) -> tuple[str, bool]:
    try:
        order = settle_event(attempt, event) if event else settle(attempt.pk)
    except Exception as error:  # continue with the next order
        return _failure(attempt, error), False
    return f"order {order.number}: {order.status} ({why})", True


def _failure(attempt: PaymentAttempt, error: Exception) -> str:
    known = isinstance(error, gateway.GatewayError)
    logger.warning("Attempt %s: %s", attempt.uuid, error, exc_info=None if known else error)
    return f"attempt {attempt.uuid}: failed, {error}"
