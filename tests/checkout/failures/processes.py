"""Run the shop in separate processes, on servers that a test may kill, and use it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message
from tests.engines import databases, postgres

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0  # seconds, on a busy machine
_pause = threading.Event()


def wait_until(true: Callable[[], Any], what: str) -> None:
    """Wait until a function returns something true; fail after PATIENCE seconds."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, f"timed out waiting for {what}"
        _pause.wait(0.05)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a shop process: this test's database and Stripe double."""
    at = connection.settings_dict
    host, port = at["HOST"] or "127.0.0.1", at["PORT"] or "5432"
    password = f":{at['PASSWORD']}" if at["PASSWORD"] else ""
    return os.environ | {
        "DEMO": "1",
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "tests.checkout.failures.process_settings",
        "DATABASE_URL": f"postgres://{at['USER']}{password}@{host}:{port}/{at['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "STRIPE_API_BASE": settings.STRIPE_API_BASE,
        "STRIPE_JS_URL": f"{settings.STRIPE_API_BASE}/endive/stripe.js",
        "STRIPE_SECRET_KEY": settings.STRIPE_SECRET_KEY,
        "STRIPE_TIMEOUT": "60",
        "PAGE_CACHE_SECONDS": "0",
        "LOG_LEVEL": "ERROR",
        **more,
    }


@contextmanager
def _process(env: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process and its children in a group, and kill them afterwards."""
    child = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, start_new_session=True)
    try:
        yield child
    finally:
        kill(child)


def kill(child: "subprocess.Popen[bytes]") -> None:
    """Kill a process and its children without cleanup, as in a power cut."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait(timeout=30)


@contextmanager
def web_server(**more: str) -> Iterator[str]:
    """Run gunicorn with one process of two threads that keep their connections."""
    port = postgres.free_port()
    address = f"http://127.0.0.1:{port}"
    env = environment(SITE_URL=address, BIND=f"127.0.0.1:{port}", WEB_CONCURRENCY="1",
                      WEB_THREADS="2", **more)  # fmt: skip
    command = ("-m", "gunicorn", "microflight.wsgi", "--config", "microflight/gunicorn.py")
    with _process(env, *command, "--log-level", "error") as server:
        wait_until(lambda: server.poll() is not None or _responds(address), "gunicorn")
        yield address


def _responds(address: str) -> bool:
    try:
        return requests.get(f"{address}/health/", timeout=10).ok
    except requests.RequestException:
        return False


@contextmanager
def worker(**more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a Celery worker with one process."""
    env = environment(**more)
    command = ("-m", "celery", "--quiet", "-A", "microflight", "worker", "--concurrency", "1",
               "--without-gossip", "--loglevel", "ERROR")  # fmt: skip
    with _process(env, *command) as child:
        yield child


def queue(task: str, **more: str) -> None:
    """Queue a task, as Celery beat does."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "microflight", "call", task]
    subprocess.run(command, cwd=ROOT, env=environment(**more), check=True, capture_output=True)


def make_due() -> None:
    """Make all unfinished emails due now."""
    Message.objects.exclude(next_try_at=None).update(next_try_at=timezone.now())


@contextmanager
def own_postgres() -> Iterator[postgres.Server]:
    """Run a PostgreSQL for this test only, threads included, that it may crash.

    It keeps committed data, unlike the servers of the other tests (`synchronous_commit`).
    """
    kept = databases.CACHE / f"pg-{databases._fingerprint()}"
    server = postgres.Server(kept, migrate=databases._migrate)
    server.start()
    postgres.execute(server.url, "ALTER ROLE postgres SET synchronous_commit = on")
    before = dict(connection.settings_dict)
    there = {"HOST": "127.0.0.1", "PORT": str(server.port), "NAME": "shop_template"}
    connection.close()
    connection.settings_dict.update(there, USER="postgres", PASSWORD="")
    try:
        yield server
    finally:
        connection.close()
        connection.settings_dict.update(before)
        server.stop()


class Browser:
    """A browser of a shop in another process; used like Django's test client."""

    def __init__(self, address: str) -> None:
        self.address, self._session = address, requests.Session()
        self._session.trust_env = False

    def get(self, path: str) -> requests.Response:
        """Open a page."""
        return self._session.get(self.address + path, timeout=PATIENCE)

    def post(self, path: str, form: dict[str, Any]) -> requests.Response:
        """Post a form with a CSRF token."""
        token = self._session.cookies.get("csrftoken") or self._csrf_token()
        headers = {"X-CSRFToken": token, "Referer": self.address + "/"}
        return self._session.post(self.address + path, form, headers=headers, timeout=PATIENCE)

    def _csrf_token(self) -> str:
        page = self.get(reverse("orders:find")).text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found, "no page gave a token"
        return found[1]
