"""What beat does so that no lost message matters: end what lapsed, follow what Stripe knows.

Each function does one job, keeps going when one order gives trouble, and returns a line for
everything it did.
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
    MOVING,
    close,
    keep_event,
    settle,
    settle_event,
)

logger = logging.getLogger(__name__)

#: How far back Stripe is asked for intents that our books may not know.
LOOK_BACK = timedelta(days=2)
#: How far back it is asked for events that no webhook took; Stripe keeps them for 30 days.
EVENTS_LOOK_BACK = timedelta(days=30)
#: An intent so young may just be on its way into our books.
ORPHAN_AFTER = timedelta(minutes=10)

#: What our books should say for each state at Stripe.
_BOOKED = {
    "requires_capture": (AttemptState.AUTHORISED,),
    "succeeded": (AttemptState.CAPTURED,),
    "canceled": (AttemptState.CANCELLED,),
}


def expire_orders() -> list[str]:
    """End orders whose time to pay is over. Stripe is asked first: a paid one is placed."""
    lapsed = PaymentAttempt.objects.current().filter(
        order__status=OrderState.PENDING, expires_at__lte=timezone.now()
    )
    return [_closed(attempt) for attempt in lapsed.select_related("order").order_by("pk")]


def reconcile() -> list[str]:
    """Settle events, also those that never arrived, and open attempts; then compare with
    Stripe's list of intents."""
    return [
        *_fetch_lost_events(),
        *_settle_events(),
        *_settle_open_attempts(),
        *_compare_with_stripe(),
    ]


def _closed(attempt: PaymentAttempt) -> str:
    try:
        order = close(attempt.pk)
    except Exception as error:  # one order's trouble is not the next one's
        return _trouble(attempt, error)
    return f"order {order.number}: {order.status} after its time to pay"


def _fetch_lost_events() -> list[str]:
    """Store what Stripe could not deliver: only events tell of disputes, and of what is done at
    Stripe to orders that are older than the list of intents."""
    try:
        events = gateway.undelivered_events(EVENTS_LOOK_BACK, MOVING)
    except gateway.GatewayError as error:
        return [f"Stripe's events could not be read: {error}"]
    about = {event.intent_id for event in events}
    ours = PaymentAttempt.objects.filter(intent_id__in=about).values_list("intent_id", flat=True)
    known = set(ours)
    for event in events:
        if event.intent_id in known:
            keep_event(event)
    return []


def _settle_events() -> list[str]:
    """Settle what the webhook stored but could not settle."""
    lines = []
    for event in StripeEvent.objects.filter(settled_at=None).order_by("pk"):
        attempt = PaymentAttempt.objects.filter(intent_id=event.intent_id).first()
        if attempt is not None:
            line, done = _settled(attempt, f"event {event.event_id}", event)
            lines.append(line)
            if not done:
                continue
        # one without an attempt is either not ours, or found in Stripe's list below
        StripeEvent.objects.filter(pk=event.pk).update(settled_at=timezone.now())
    return lines


def _settle_open_attempts() -> list[str]:
    lines = []
    uncharged = Q(state=AttemptState.AUTHORISED, order__early_charge_agreed_at__isnull=False)
    still_open = PaymentAttempt.objects.filter(Q(state__in=UNDECIDED) | uncharged)
    for attempt in still_open.exclude(intent_id=None).select_related("order"):
        before = attempt.order.status
        line, done = _settled(attempt, "open attempt")
        if not done or PaymentAttempt.objects.get(pk=attempt.pk).order.status != before:
            lines.append(line)
    return lines


def _compare_with_stripe() -> list[str]:
    """Find intents that our books do not have, or have otherwise."""
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
        elif _is_out_of_step(attempt, intent):
            lines.append(_settled(attempt, f"Stripe says {intent.status}")[0])
    return lines


def _is_out_of_step(attempt: PaymentAttempt, intent: Intent) -> bool:
    if intent.status == "succeeded" and attempt.state == AttemptState.CANCELLED:
        return False  # refused and refunded, see settlement
    if intent.status in _BOOKED and attempt.state not in _BOOKED[intent.status]:
        return True
    return intent.refunded != attempt.refunded_cents


def _on_orphan(intent: Intent) -> list[str]:
    """Release an intent that no attempt of ours knows: its answer was lost on the way."""
    if timezone.now() - intent.created < ORPHAN_AFTER or intent.is_cancelled:
        return []
    still_open = PaymentAttempt.objects.filter(intent_id=None, state=AttemptState.OPEN)
    if intent.attempt in {str(uuid) for uuid in still_open.values_list("uuid", flat=True)}:
        return []  # the shopper may press "pay" again, and the attempt then finds it
    name = f"intent {intent.id} of order {intent.order_number or 'unknown'}"
    if intent.status == "succeeded":
        logger.error("%s has been captured and is in no book.", name)
        return [f"{name}: captured and in no book; look at it in Stripe's dashboard"]
    try:
        gateway.cancel_intent(intent.id)
    except gateway.GatewayError as error:
        return [f"{name}: could not be released: {error}"]
    return [f"{name}: released, no attempt knows it"]


def _settled(
    attempt: PaymentAttempt, why: str, event: StripeEvent | None = None
) -> tuple[str, bool]:
    try:
        order = settle_event(attempt, event) if event else settle(attempt.pk)
    except Exception as error:  # one order's trouble is not the next one's
        return _trouble(attempt, error), False
    return f"order {order.number}: {order.status} ({why})", True


def _trouble(attempt: PaymentAttempt, error: Exception) -> str:
    known = isinstance(error, gateway.GatewayError)
    logger.warning("Attempt %s: %s", attempt.uuid, error, exc_info=None if known else error)
    return f"attempt {attempt.uuid}: not now, {error}"
