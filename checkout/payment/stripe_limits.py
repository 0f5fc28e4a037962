"""How long one web request may wait for Stripe, and how many may wait at once.

A thread that waits for Stripe serves no visitor. So a request spends at most STRIPE_DEADLINE
seconds on all its calls, and at most STRIPE_SLOTS requests of a process pay at once. After a few
requests in a row that timed out, a circuit breaker rejects all calls but one every BREAKER_PAUSE
seconds. Jobs have no such limits: the reconcile job settles what a request left open.
"""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from urllib3 import Timeout

from checkout.payment.stripe_errors import NotSent

BREAKER_TIMEOUTS = 3  # requests in a row, until the circuit breaker opens
BREAKER_PAUSE = 15  # seconds between two attempts while it is open
#: A timeout counts if the call had this many seconds, not the rest of a request's deadline.
COUNTED_TIMEOUT = 1
#: stripe-python waits up to a second before it tries again.
LONGEST_RETRY_DELAY = 1


class DeadlinePassed(Exception):
    """The request has no time left for another try. stripe-python does not repeat this error."""


@dataclass
class _RequestLimits:
    """What the current request has used."""

    has_slot: bool = False
    ends_at: float | None = None  # of time.monotonic(), from the first call on
    timed_out: bool = False

    @property
    def seconds_left(self) -> float:
        return settings.STRIPE_DEADLINE if self.ends_at is None else self.ends_at - time.monotonic()

    def record_timeout(self) -> None:
        """Count this request's timeouts once, since stripe-python repeats the call."""
        if not self.timed_out:
            breaker.record_timeout()
        self.timed_out = True


class _Slots:
    """The requests of this process that may pay at once."""

    def __init__(self) -> None:
        self._lock, self._taken = threading.Lock(), 0

    def take(self) -> bool:
        with self._lock:
            if self._taken >= settings.STRIPE_SLOTS:
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        with self._lock:
            self._taken -= 1


class _Breaker:
    """The circuit breaker of this process: open after several timeouts without an answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.close()

    def close(self) -> None:
        """Stripe has answered."""
        self._timeouts, self._retry_at = 0, 0.0

    def record_timeout(self) -> None:
        with self._lock:
            self._timeouts += 1
            if self._timeouts >= BREAKER_TIMEOUTS:
                self._retry_at = time.monotonic() + BREAKER_PAUSE

    def allows(self) -> bool:
        """Return whether a call may be made; while the breaker is open, one each pause."""
        with self._lock:
            if self._timeouts < BREAKER_TIMEOUTS:
                return True
            if time.monotonic() < self._retry_at:
                return False
            self._retry_at = time.monotonic() + BREAKER_PAUSE
            return True


_current: ContextVar[_RequestLimits | None] = ContextVar("stripe_limits", default=None)
_slots = _Slots()
breaker = _Breaker()


def take_slot() -> None:
    """Count this request among those that pay, until its end. Raises NotSent if there are too many.

    To be called before waiting for the lock of an order, whose owner may be waiting for Stripe.
    """
    limits = _current.get()
    if limits is None or limits.has_slot:
        return
    if not _slots.take():
        raise NotSent("Too many requests of this process are paying.")
    limits.has_slot = True


def admit() -> None:
    """Let this request call Stripe, or raise NotSent."""
    take_slot()
    limits = _current.get()
    if limits is None:
        return
    if limits.ends_at is None:
        if not breaker.allows():
            raise NotSent("Stripe did not answer several times in a row.")
        limits.ends_at = time.monotonic() + settings.STRIPE_DEADLINE
    elif limits.seconds_left <= 0:
        raise NotSent("This request has used its time for Stripe.")


class LimitedSession(requests.Session):
    """Keeps the deadline of the current request, and tells the circuit breaker about timeouts."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send with what is left of the deadline; raise DeadlinePassed instead of a timeout."""
        limits = _current.get()
        if limits is None:
            return super().send(request, **kwargs)
        seconds = min(float(kwargs["timeout"]), limits.seconds_left)
        if seconds <= 0:
            raise DeadlinePassed
        kwargs["timeout"] = Timeout(total=seconds)  # for connecting and the answer together
        try:
            response = super().send(request, **kwargs)
        except (requests.Timeout, requests.ConnectionError) as error:
            if isinstance(error, requests.Timeout) and seconds >= COUNTED_TIMEOUT:
                limits.record_timeout()
            if limits.seconds_left <= LONGEST_RETRY_DELAY:
                raise DeadlinePassed from error
            raise
        breaker.close()
        return response


class StripeLimitsMiddleware:
    """Gives each request its deadline, and takes its slot back when it ends."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limits = _RequestLimits()
        before = _current.set(limits)
        try:
            return self.get_response(request)
        finally:
            _current.reset(before)
            if limits.has_slot:
                _slots.give_back()
