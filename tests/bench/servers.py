"""Servers for benchmarks: gunicorn with two workers."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from tests.engines.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]


def manage(env: dict[str, str], *arguments: str) -> None:
    """Run a management command of the shop."""
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=env, check=True)


def wait_for_answer(url: str) -> None:
    """Wait until a server responds; raises RuntimeError after half a minute."""
    pause = Event()
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=10).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            pause.wait(0.25)
    raise RuntimeError(f"{url} does not respond")


class Site(str):
    """The URL of a server, and the parent process of its workers."""

    pid: int


def workers_cpu(pid: int) -> float:
    """Return the CPU seconds of a server's workers (Linux only, else 0)."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return 0.0
    stats = (Path(f"/proc/{each}/stat").read_text() for each in children.read_text().split())
    ticks = sum(sum(map(int, stat.rpartition(")")[2].split()[11:13])) for stat in stats)
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def gunicorn(
    application: str, env: dict[str, str], port: int | None = None, config: str = ""
) -> Iterator[Site]:
    """Run an application with 2 sync workers, or those of a config file; yield its URL."""
    port = port or free_port()
    command = [sys.executable, "-m", "gunicorn", application, "--workers", "2", "--bind",
               f"127.0.0.1:{port}", "--log-level", "error"]  # fmt: skip
    command += ["--config", config] if config else []
    server = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/")
        site = Site(f"http://127.0.0.1:{port}")
        site.pid = server.pid
        yield site
    finally:
        server.terminate()
        server.wait(timeout=30)


def shop_environment(url: str, var: Path, **more: str) -> dict[str, str]:
    """Return the environment of a shop on PostgreSQL and Redis, without debugging."""
    return os.environ | {
        "DEMO": "1",
        "DEBUG": "0",
        "DATABASE_URL": url,
        "VAR_DIR": str(var),
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "microflight.settings",
        **more,
    }
