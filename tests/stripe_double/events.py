"""What happened, as events, and the deliveries that each event owes to the endpoints."""

import copy
import time

from . import objects
from .state import Body, Delivery, State

#: Every event type that the double sends. `types/` looks each of them up in Stripe's types.
TYPES = (
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.expired",
    "charge.failed",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "radar.early_fraud_warning.created",
    "radar.early_fraud_warning.updated",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "review.closed",
    "review.opened",
)


def emit(state: State, kind: str, subject: Body, previous: Body | None = None) -> Body:
    """Record that `kind` happened to `subject` and queue it for every endpoint that listens.

    The event holds the subject as it is now; later changes do not reach it. Raises ValueError
    for a type that TYPES lacks.
    """
    if kind not in TYPES:
        raise ValueError(f"{kind}: not in events.TYPES")
    listening = [
        endpoint
        for endpoint in state.every("webhook_endpoint")
        if {"*", kind} & set(endpoint["enabled_events"])
    ]
    event = objects.event(
        kind,
        copy.deepcopy(subject),
        cause=state.cause,
        endpoints=len(listening),
        previous=previous,
    )
    state.add(event)
    due = time.monotonic() + state.delay
    state.deliveries += [Delivery(event["id"], endpoint["id"], due) for endpoint in listening]
    state.changed.notify_all()
    return event
