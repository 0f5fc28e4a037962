"""What happened, as events, and the deliveries that each event owes to the endpoints."""

import copy
import time

from . import objects
from .state import Body, Delivery, State


def emit(state: State, kind: str, subject: Body, previous: Body | None = None) -> Body:
    """Record that `kind` happened to `subject` and queue it for every endpoint that listens.

    The event holds the subject as it is now; later changes do not reach it.
    """
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
