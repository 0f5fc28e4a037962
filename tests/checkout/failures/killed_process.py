"""Run code in a child process that is killed at a chosen step.

The steps are every SQL statement, and before and after each COMMIT, request to Stripe and email.
The child is forked from the test, so Django is already loaded. It has its own connections to the
database, Stripe and the broker, and dies of SIGKILL: nothing is cleaned up, as in a power cut.
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
#: Methods that are steps: class, method, name of the step.
_STOPPABLE = (
    (BaseDatabaseWrapper, "_commit", "COMMIT"),
    (stripe.RequestsClient, "request", "request"),
    (EmailMessage, "send", "email"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """The steps of a child in order, and whether it was killed."""

    steps: list[str]
    killed: bool

    @property
    def last(self) -> str:
        """The step at which the child was killed."""
        return self.steps[-1] if self.steps else "start"


class _Steps:
    def __init__(self, pipe: int, kill_at: int) -> None:
        self.pipe, self.left = pipe, kill_at

    def reach(self, name: str) -> None:
        """Report a step to the parent, then die if it is the chosen one."""
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
    """Run a function in a child process that is killed at step `kill_at` (0: never)."""
    assert asyncio._get_running_loop() is None, "under a loop Django hides connections from us"
    connections.close_all()  # processes cannot share a connection
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
    gateway._client.cache_clear()  # it has the parent's connections
    for owner, method, name in _STOPPABLE:
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
    """Run a function repeatedly, each time killed one step later; the last run completes.

    `prepare` returns a new case and the function for the child. Yields each case with a
    description of where its process was killed.
    """
    for kill_at in count(1, stride):
        case, act = prepare()
        run = run_in_child(act, kill_at=kill_at)
        yield case, f"killed at step {kill_at}, {run.last}" if run.killed else "not killed"
        if not run.killed:
            return
