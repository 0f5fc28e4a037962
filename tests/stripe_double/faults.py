"""Faults on demand: error answers, lost answers, and requests that hang.

A fault waits for requests whose line, such as `POST /v1/refunds`, its pattern is found in.
`before` strikes ahead of the work: nothing has happened at Stripe. `after` strikes when the work
is done: the money has moved and the shop has not heard of it.
"""

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

from .errors import Refusal

When = Literal["before", "after"]
Kind = Literal["status", "lost", "stall"]
LONGEST_STALL = 60.0  # seconds, so that a forgotten one cannot hang a test run

LOCK_TIMEOUT = "lock_timeout"  # of a 429: another request holds the object's lock

_BODIES = {
    409: ("idempotency_error", "idempotency_key_in_use"),
    429: ("invalid_request_error", "rate_limit"),
}


@dataclass
class Fault:
    """`times` requests that match `pattern` fail."""

    pattern: str
    kind: Kind = "status"
    status: int = 500
    when: When = "before"
    times: int = 1
    code: str | None = None
    kept: bool = False  # an `after` error answer replaces the true one under the idempotency key
    should_retry: bool | None = None  # the Stripe-Should-Retry header; None: as Stripe sends it

    def __post_init__(self) -> None:
        re.compile(self.pattern)
        if self.kind not in ("status", "lost", "stall"):
            raise ValueError(f"unknown kind of fault: {self.kind}")
        if self.when not in ("before", "after"):
            raise ValueError(f"a fault strikes before or after, not {self.when}")

    def as_refusal(self) -> Refusal:
        kind, code = _BODIES.get(self.status, ("api_error", None))
        return Refusal(self.status, kind, "Trouble ordered by a test.", code=self.code or code)

    @property
    def headers(self) -> dict[str, str]:
        """The header that asks clients to retry lock timeouts, which stripe-python follows.

        Sources: `_should_retry` in stripe-python's `_http_client`; github.com/stripe/stripe-php
        pull request 718 ("a 429 that's a lock timeout").
        """
        should_retry = self.should_retry
        if should_retry is None and self.code != LOCK_TIMEOUT:
            return {}
        return {"Stripe-Should-Retry": str(should_retry is not False).lower()}


@dataclass
class Faults:
    """The faults that are waiting, and the requests that they have stalled."""

    waiting: list[Fault] = field(default_factory=list)
    stalled: int = 0

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._releases = 0
        self._resets = 0

    def add(self, fault: Fault) -> None:
        with self._changed:
            self.waiting.append(fault)

    def meet(self, line: str) -> Fault | None:
        """The fault that this request runs into, used up by one."""
        with self._changed:
            for fault in self.waiting:
                if fault.times > 0 and re.search(fault.pattern, line):
                    fault.times -= 1
                    return fault
        return None

    def stall(self) -> bool:
        """Hang until `release`; whether the request may go on, which a reset forbids."""
        with self._changed:
            before, resets = self._releases, self._resets
            self.stalled += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._releases > before, LONGEST_STALL)
            self.stalled -= 1
            return self._resets == resets

    def release(self) -> None:
        """Let every stalled request go on."""
        with self._changed:
            self._releases += 1
            self._changed.notify_all()

    def wait_for_stalled(self, count: int, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.stalled >= count, timeout)

    def clear(self) -> None:
        """Delete unused faults, and release stalled requests."""
        with self._changed:
            self.waiting.clear()
        self.release()

    def reset(self) -> None:
        """As `clear`, but what is stalled ends without an answer, its work undone."""
        with self._changed:
            self._resets += 1
        self.clear()
