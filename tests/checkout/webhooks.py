"""Deliver Stripe events to the webhook, signed as Stripe signs them."""

import json
import time
from typing import Any

from django.conf import settings
from django.test import Client

from tests.stripe_double.control import Double
from tests.stripe_double.webhooks import signature

#: The type of the event that reports an authorized payment.
HELD = "payment_intent.amount_capturable_updated"


def event_of(double: Double, kind: str) -> bytes:
    """Return the body of the only event of a type."""
    (event,) = double.events(kind)
    return json.dumps(event).encode()


def deliver(client: Client, body: bytes, *, key: str = "", at: float | None = None) -> Any:
    """Post an event, signed with the shop's webhook secret at the present time by default."""
    signed = signature(key or settings.STRIPE_WEBHOOK_SECRET, body, int(at or time.time()))
    headers = {"Stripe-Signature": signed}
    return client.post("/stripe/webhook/", body, content_type="application/json", headers=headers)
