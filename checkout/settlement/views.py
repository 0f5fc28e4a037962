"""The webhook. An event is only a trigger: the current state is always read from Stripe."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAttempt, StripeEvent
from checkout.settlement.settle import RELEVANT_EVENTS, settle_event, store_event

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Store an event once and settle its order; 204 also if settling must wait."""
    try:
        event = gateway.read_event(request.body, request.headers.get("Stripe-Signature", ""))
    except gateway.BadSignature:
        return HttpResponse(status=400)
    stored = store_event(event)
    if stored.settled_at is None:
        _settle(stored)
    return HttpResponse(status=204)


def _settle(event: StripeEvent) -> None:
    """Settle now, or leave it to the reconcile job."""
    try:
        if event.type in RELEVANT_EVENTS:
            _settle_payment(event)
    except gateway.NotSent as error:
        logger.warning("Event %s waits for the reconcile job: %s", event.event_id, error)
    except Exception:
        logger.exception("Event %s waits for the reconcile job.", event.event_id)
    else:
        StripeEvent.objects.filter(pk=event.pk).update(settled_at=timezone.now())


def _settle_payment(event: StripeEvent) -> None:
    attempt = PaymentAttempt.objects.filter(intent_id=event.intent_id).first()
    if attempt is None or not event.intent_id:
        logger.warning("Event %s is about an intent that is not ours.", event.event_id)
        return
    settle_event(attempt, event)
