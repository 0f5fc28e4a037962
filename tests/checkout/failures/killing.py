"""A process of its own that does one thing of the shop's and dies at a chosen step of it.

The steps are every SQL statement, every COMMIT (before and after it) and every request to Stripe
(before and after it). The child is forked from the test, so Django is loaded already; it has its
own connections to the database, to Stripe and to the broker, and it dies of SIGKILL: nothing is
tidied up, as when the power fails.
"""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from itertools import count
from multiprocessing import get_context
from typing import Any

import stripe
from django.core.mail.message import EmailMessage
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from checkout.payment import stripe_gateway as gateway

_fork = get_context("fork")
#: Where code stands that can be stopped: class, method, what a step of it is called.
_DOORS = (
    (BaseDatabaseWrapper, "_commit", "COMMIT"),
    (stripe.RequestsClient, "request", "request"),
    (EmailMessage, "send", "letter"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What a child did: its steps in order, and whether it was killed before its end."""

    steps: list[str]
    killed: bool

    @property
    def last(self) -> str:
        """The step at which the child died."""
        return self.steps[-1] if self.steps else "start"


class _Steps:
    def __init__(self, pipe: int, kill_at: int) -> None:
        self.pipe, self.left = pipe, kill_at

    def reach(self, name: str) -> None:
        """Tell the parent, then die if this is the step to die at."""
        os.write(self.pipe, name.encode() + b"\n")
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.reach("before " + " ".join(sql.split())[:60])
        return execute(sql, params, many, context)

    def around(self, method: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(method)
        def wrapped(*arguments: Any, **options: Any) -> Any:
            what = f"{name} {arguments[1]} {arguments[2]}" if name == "request" else name
            self.reach(f"before {what}")
            result = method(*arguments, **options)
            self.reach(f"after {what}")
            return result

        return wrapped


def run_in_child(act: Callable[[], Any], *, kill_at: int = 0) -> Run:
    """Do something in a process of its own, which dies at step `kill_at`; 0 lets it live."""
    assert asyncio._get_running_loop() is None, "under a loop Django hides connections from us"
    connections.close_all()  # a connection that two processes hold is of use to neither
    reading, writing = os.pipe()
    child = _fork.Process(target=_work, args=(act, _Steps(writing, kill_at)))
    child.start()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        steps = pipe.read().decode().splitlines()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL), f"the child failed after {steps[-3:]}"
    return Run(steps, killed=child.exitcode != 0)


def _work(act: Callable[[], Any], steps: _Steps) -> None:
    gateway._client.cache_clear()  # it holds the parent's connections
    for owner, method, name in _DOORS:
        setattr(owner, method, steps.around(getattr(owner, method), name))
    try:
        with connection.execute_wrapper(steps.statement):
            act()
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
        os._exit(1)
    os._exit(0)


def every_step(
    prepare: Callable[[], tuple[Any, Callable[[], Any]]], *, stride: int = 1
) -> Iterator[tuple[Any, str]]:
    """Do a thing again and again, each time dying one step later; the last time it lives.

    `prepare` makes a fresh case and returns it with what the child shall do. Yields each case
    with words for where its process died.
    """
    for kill_at in count(1, stride):
        case, act = prepare()
        run = run_in_child(act, kill_at=kill_at)
        yield case, f"killed at step {kill_at}, {run.last}" if run.killed else "not killed"
        if not run.killed:
            return
