"""Real Celery workers with a real mail server, which tests may kill."""

import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from accounts.newsletter.campaigns import scheduler
from accounts.newsletter.models import Campaign
from tests.accounts.newsletter.campaigns.mail_sink import Sink
from tests.checkout.failures.processes import kill, wait_until, worker


class Workers:
    """Two workers, each with one process that works and one that watches over it."""

    def __init__(self, stack: ExitStack, **env: str) -> None:
        self._stack, self._env = stack, env
        self.workers = [self._start(), self._start()]

    def _start(self) -> "subprocess.Popen[bytes]":
        return self._stack.enter_context(worker(**self._env))

    def kill_one(self, rng: random.Random) -> str:
        """Kill a working process, or now and then a whole worker, which is started again."""
        place = rng.randrange(2)
        if rng.random() < 0.2:
            kill(self.workers[place])
            self.workers[place] = self._start()
            return "worker"
        parent = self.workers[place].pid
        path = Path(f"/proc/{parent}/task/{parent}/children")
        for child in path.read_text().split() if path.exists() else []:
            os.kill(int(child), signal.SIGKILL)
        return "child"


@contextmanager
def two_workers(sink: Sink, **more: str) -> Iterator[Workers]:
    """Run two workers that send to the sink."""
    env = {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", **more}
    with ExitStack() as stack:
        yield Workers(stack, **env)


def tick_until(done: Callable[[], bool], what: str) -> None:
    """Run the scheduler again and again, as beat does, only faster."""

    def once() -> bool:
        scheduler.run_campaigns()
        return done()

    wait_until(once, what)


def is_sent(campaign: Campaign) -> Callable[[], bool]:
    def look() -> bool:
        campaign.refresh_from_db()
        return campaign.state == "sent"

    return look
