"""Real workers of Celery that send to a real mail server, and may be killed."""

import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from accounts.newsletter.models import Campaign
from accounts.newsletter.sending import looking_after
from tests.accounts.newsletter.sending.sink import Sink
from tests.checkout.failures.serving import kill, wait_until, worker


class Crew:
    """Two workers, each with one process that works and one that watches over it."""

    def __init__(self, stack: ExitStack, **env: str) -> None:
        self._stack, self._env = stack, env
        self.workers = [self._start(), self._start()]

    def _start(self) -> "subprocess.Popen[bytes]":
        return self._stack.enter_context(worker(**self._env))

    def kill_one(self, rng: random.Random) -> str:
        """Kill a working process, or now and then a whole worker, which is started anew."""
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
def crew(sink: Sink, journals: Path, **more: str) -> Iterator[Crew]:
    """Run two workers that send to the sink."""
    env = {
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "VAR_DIR": str(journals.parent),
        **more,
    }
    with ExitStack() as stack:
        yield Crew(stack, **env)


def beat_until(done: Callable[[], bool], what: str) -> None:
    """Look after campaigns again and again, as beat does, only faster."""

    def once() -> bool:
        looking_after.look_after_all()
        return done()

    wait_until(once, what)


def is_sent(campaign: Campaign) -> Callable[[], bool]:
    def look() -> bool:
        campaign.refresh_from_db()
        return campaign.state == "sent"

    return look
