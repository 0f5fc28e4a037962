"""`make demo`: run the shop on this machine until Ctrl-C."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from microflight import demo_services as services

READY_AFTER = 60  # seconds within which the web server must answer


class Command(BaseCommand):
    """Migrates, seeds once, then runs web server, worker, beat and the Stripe double together."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="or the next free one")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            self.stderr.write("The demo runs with DEMO=1: use `make demo`.")
            sys.exit(2)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        root = Path(settings.BASE_DIR)
        servers = services.reserve_ports(options["port"])
        valkey = services.start_valkey(servers)
        try:
            environment = services.environment(servers, valkey)
            self._prepare(root, environment)
            manager = services.processes(servers, environment)
            threading.Thread(
                target=self._announce, args=(servers, environment), daemon=True
            ).start()
            manager.loop()
        finally:
            if valkey:
                valkey.stop()
            servers.reservation.close()
        sys.exit(0 if manager.returncode in (0, 130, 143) else 1)

    def _prepare(self, root: Path, environment: dict[str, str]) -> None:
        """Update database, catalogue and static files, in parallel."""
        Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True)
        seeded = Path(settings.VAR_DIR) / f"seeded-{_fingerprint(settings.DATABASE_URL)}"
        if seeded.exists():
            self._say("Preparing the database and static files ...")
            database = ["migrate", "-v0"]
        else:
            self._say("Preparing database, products and static files (a minute the first time) ...")
            database = ["seed_shop", "--migrate", "--demo-users"]
        commands = [database, ["collectstatic", "--noinput", "-v0"]]
        manage = [sys.executable, str(root / "manage.py")]
        processes = [subprocess.Popen([*manage, *c], env=environment, cwd=root) for c in commands]
        try:
            for process, command in zip(processes, commands, strict=True):
                if process.wait():
                    sys.exit(f"This failed: {' '.join(command)}. See the lines above.")
        finally:
            for process in processes:
                process.send_signal(signal.SIGINT)  # to one that still runs, after a failure
                process.wait()
        seeded.touch()

    def _announce(self, servers: services.DemoServers, environment: dict[str, str]) -> None:
        """Print the URLs once the shop responds."""
        deadline = threading.Event()
        for _ in range(READY_AFTER * 2):
            try:
                with urllib.request.urlopen(f"{servers.shop_url}/health/", timeout=5):  # noqa: S310
                    break
            except (urllib.error.URLError, OSError):
                deadline.wait(0.5)
        else:
            self.stderr.write("The shop has not responded for a minute; see the lines above.")
            os.kill(os.getpid(), signal.SIGINT)
            return
        self._say(services.welcome(servers, environment))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _fingerprint(url: str) -> str:
    """Return a name for a database without its password: each is seeded once."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]
