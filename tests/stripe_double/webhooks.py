"""Carrying events to the shop: signed, retried, and on demand late, twice, disordered or never."""

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
from typing import Literal

from . import objects
from .state import Body, Delivery, State, new_id, now

Order = Literal["same", "reverse", "shuffle"]
ANSWER_WITHIN = 20.0  # seconds for the shop to answer
RETRY_AFTER = (1.0, 4.0, 15.0, 60.0)  # seconds; Stripe itself goes on for three days


def signature(secret: str, payload: bytes, at: int) -> str:
    """The Stripe-Signature header (docs.stripe.com/webhooks#verify-manually)."""
    signed = f"{at}.".encode() + payload
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def add_endpoint(
    state: State, url: str, secret: str | None = None, kinds: list[str] | None = None
) -> Body:
    return state.add(objects.webhook_endpoint(url, secret or new_id("whsec", 32), kinds or ["*"]))


def hold(state: State) -> None:
    """Keep every new delivery back until `release`."""
    state.held = True


def release(state: State, order: Order = "same") -> None:
    """Let the kept deliveries go, in the order in which they came or in another."""
    if order == "reverse":
        state.deliveries.reverse()
    elif order == "shuffle":
        random.shuffle(state.deliveries)
    state.held = False
    state.changed.notify_all()


def resend(state: State, event_id: str, times: int = 1) -> None:
    """Send an event again at once, even one that arrived, as Stripe's dashboard can."""
    event = state.find("event", event_id)
    due = time.monotonic()
    for endpoint in state.every("webhook_endpoint"):
        again = [Delivery(event["id"], endpoint["id"], due, urgent=True) for _ in range(times)]
        state.deliveries += again
    state.changed.notify_all()


def is_idle(state: State) -> bool:
    """Whether nothing is on its way; what is held back does not count."""
    moving = (job for job in state.deliveries if job.urgent or not state.held)
    return not state.in_flight and next(moving, None) is None


class Courier(threading.Thread):
    """Delivers one at a time, so that the order of arrival is the order of the queue."""

    def __init__(self, state: State, retry_after: tuple[float, ...] = RETRY_AFTER) -> None:
        super().__init__(name="stripe-double-courier", daemon=True)
        self.state = state
        self.retry_after = retry_after
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        self._stopped = False

    def stop(self) -> None:
        with self.state.changed:
            self._stopped = True
            self.state.changed.notify_all()

    def run(self) -> None:
        while job := self._next():
            status, trouble = self._carry(job)
            self._settle(job, status, trouble)

    def _next(self) -> Delivery | None:
        """Wait for the first delivery that is due; None once stopped."""
        with self.state.changed:
            while not self._stopped:
                waiting = [j for j in self.state.deliveries if j.urgent or not self.state.held]
                moment = time.monotonic()
                job = next((j for j in waiting if j.due <= moment), None)
                if job:
                    self.state.deliveries.remove(job)
                    self.state.in_flight += 1
                    return job
                soonest = min((j.due - moment for j in waiting), default=None)
                self.state.changed.wait(soonest)
            return None

    def _carry(self, job: Delivery) -> tuple[int | None, str]:
        """POST the event; the status of the answer, or None and what went wrong."""
        with self.state.lock:
            event = self.state.objects.get(job.event_id)
            endpoint = self.state.objects.get(job.endpoint_id)
            if event is None or endpoint is None:
                return None, "forgotten"
            if self.state.drop_next and not job.urgent and job.attempt == 1:
                self.state.drop_next -= 1
                return None, "dropped"
            payload = json.dumps(event, indent=2).encode()
            url, secret = endpoint["url"], endpoint["secret"]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(secret, payload, now()),
            "User-Agent": "Stripe/1.0 (test double)",
        }
        request = urllib.request.Request(url, payload, headers, method="POST")
        try:
            with self._open(request, timeout=ANSWER_WITHIN) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return refusal.code, "refused"
        except (OSError, http.client.HTTPException) as trouble:
            return None, f"unreachable: {trouble}"

    def _settle(self, job: Delivery, status: int | None, trouble: str) -> None:
        """Write the log, and queue the next attempt if this one failed."""
        arrived = status is not None and 200 <= status < 300
        with self.state.changed:
            self.state.in_flight -= 1
            event = self.state.objects.get(job.event_id)
            if event and trouble != "forgotten":
                self._log(job, event, status, "delivered" if arrived else trouble)
                if arrived:
                    event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
                elif trouble != "dropped" and job.attempt <= len(self.retry_after):
                    wait = self.retry_after[job.attempt - 1]
                    again = Delivery(
                        job.event_id,
                        job.endpoint_id,
                        time.monotonic() + wait,
                        job.attempt + 1,
                        job.urgent,
                    )
                    self.state.deliveries.append(again)
            self.state.changed.notify_all()

    def _log(self, job: Delivery, event: Body, status: int | None, outcome: str) -> None:
        self.state.delivery_log.append(
            {
                "event": event["id"],
                "type": event["type"],
                "subject": event["data"]["object"]["id"],
                "endpoint": job.endpoint_id,
                "attempt": job.attempt,
                "status": status,
                "outcome": outcome,
                "at": now(),
            }
        )
